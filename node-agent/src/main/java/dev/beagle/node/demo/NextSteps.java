package dev.beagle.node.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What to type while the demo's node is kept.
 *
 * @param bySudo whether the demo was started by sudo, as then every command must be; sudo drops the
 *     variable that would name the node
 */
public record NextSteps(boolean bySudo) {
  List<String> lines(TemporaryNode node, String pod, boolean machine) {
    return lines(node.runFolder(), node.socket(), pod, machine);
  }

  List<String> lines(Path runFolder, Path socket, String pod, boolean machine) {
    String at = bySudo ? " --run " + runFolder : "";
    List<String> lines = new ArrayList<>();
    if (!bySudo) {
      lines.add("export BEAGLE_RUN=" + runFolder);
    }
    lines.add(sudo("./beagle ps" + at));
    lines.add(sudo("./beagle logs" + at + " " + pod));
    if (machine) {
      lines.add(sudo("./beagle console" + at + " " + pod));
    }
    lines.add(sudo("crictl -r unix://" + socket + " pods"));
    return lines;
  }

  String end(TemporaryNode node) {
    return sudo("./beagle demo --end " + node.folder());
  }

  private String sudo(String command) {
    return bySudo ? "sudo " + command : command;
  }
}
