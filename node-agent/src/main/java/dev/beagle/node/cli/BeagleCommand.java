package dev.beagle.node.cli;

import dev.beagle.node.config.Version;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code beagle} itself: says what there is. */
@Command(
    name = "beagle",
    description = "Runs Kubernetes pods, each in a sandbox of its own.",
    mixinStandardHelpOptions = true,
    versionProvider = BeagleCommand.VersionText.class,
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    footer = {"", "First time here: beagle doctor, then beagle demo."})
final class BeagleCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is expected");
  }

  /** What {@code --version} prints. */
  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"beagle " + Version.CURRENT};
    }
  }
}
