package dev.beagle.runtime.testing;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.StreamToken;
import dev.beagle.runtime.guest.wire.ContainerProcess;
import dev.beagle.runtime.guest.wire.ContainerProcess.State;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Signal;
import dev.beagle.runtime.guest.wire.Started;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The guest agent's protocol in Java, without processes: containers go through its states, a
 * SIGKILL ends one with 137, any other signal with 128 + n. Outlives the daemons that talk to it.
 */
public final class SimulatedAgent {
  private final Map<String, ContainerProcess.Builder> containers = new TreeMap<>();
  private final Map<String, Exited> exits = new LinkedHashMap<>();
  private final List<String> folders = new ArrayList<>();
  private @Nullable Connection current;
  private boolean alive = true;
  private String sandbox = "";
  private Consumer<Request> failpoint = request -> {};
  private Request.@Nullable CallCase late;

  /** Called before each request is carried out; what it throws is the agent's answer. */
  public synchronized void failpoint(Consumer<Request> hook) {
    failpoint = hook;
  }

  /** Does what it is asked, but the answers to such requests come too late. */
  public synchronized void answersLate(Request.CallCase calls) {
    late = calls;
  }

  /** Whether a container's process runs. */
  public synchronized boolean runs(String container) {
    ContainerProcess.Builder process = containers.get(container);
    return process != null && process.getState() == State.RUNNING;
  }

  public synchronized boolean alive() {
    return alive;
  }

  /** Whether a daemon's connection is open. */
  public synchronized boolean connected() {
    return current != null;
  }

  public synchronized List<String> containerIds() {
    return List.copyOf(containers.keySet());
  }

  public synchronized List<String> folders() {
    return List.copyOf(folders);
  }

  /** Containers whose exits nobody acknowledged yet. */
  public synchronized Set<String> unacknowledged() {
    return Set.copyOf(exits.keySet());
  }

  synchronized void addFolder(String name) {
    folders.add(name);
  }

  synchronized void removeFolder(String name) {
    folders.remove(name);
  }

  /** A container's process ends by itself. */
  public void end(String container, int code) {
    end(container, code, Set.of(State.RUNNING));
  }

  private void end(String container, int code, Set<State> from) {
    Connection listener;
    Exited exit = Exited.newBuilder().setContainer(container).setCode(code).setAt(7).build();
    synchronized (this) {
      ContainerProcess.Builder process = containers.get(container);
      if (process == null || !from.contains(process.getState())) {
        return;
      }
      process.setState(State.EXITED);
      exits.put(container, exit);
      listener = current;
    }
    if (listener != null) {
      listener.deliver(exit);
    }
  }

  /** A command that was executed in a container ends. */
  public void endExec(Exited exit) {
    Connection listener;
    synchronized (this) {
      listener = current;
    }
    if (listener != null) {
      listener.deliver(exit);
    }
  }

  /** As kill -9 of the agent. */
  public void die() {
    Connection listener;
    synchronized (this) {
      alive = false;
      containers.clear();
      listener = current;
      current = null;
    }
    if (listener != null) {
      listener.lost();
    }
  }

  /** A daemon connects; an earlier one's connection ends. */
  public GuestAgent connect() {
    Connection older;
    Connection newer = new Connection();
    synchronized (this) {
      if (!alive) {
        throw Failure.unavailable("the agent is dead");
      }
      older = current;
      current = newer;
    }
    if (older != null) {
      older.lost();
    }
    return newer;
  }

  private synchronized void check(Connection connection, Request request) {
    if (!alive || current != connection) {
      throw Failure.unavailable("the agent is gone");
    }
    failpoint.accept(request);
  }

  /** A container that is killed, whether it was started or not. */
  private void kill(String container) {
    end(container, 137, Set.of(State.CREATED, State.RUNNING));
  }

  private synchronized Reply carryOut(Request request) {
    Reply.Builder reply = Reply.newBuilder();
    switch (request.getCallCase()) {
      case OPEN_SANDBOX -> {
        if (!sandbox.isEmpty()) {
          throw Failure.wrongState("sandbox " + sandbox + " is open already");
        }
        sandbox = request.getOpenSandbox().getSandbox();
      }
      case CREATE_CONTAINER -> create(request.getCreateContainer().getContainer());
      case START_CONTAINER -> {
        ContainerProcess.Builder process = require(request.getStartContainer().getContainer());
        if (process.getState() != State.CREATED) {
          throw Failure.wrongState("container " + process.getContainer() + " was started already");
        }
        process.setState(State.RUNNING).setStartedAt(5);
        reply.setStarted(Started.newBuilder().setPid(process.getPid()).setAt(5));
      }
      case SIGNAL -> checkSignal(request.getSignal());
      case DELETE_CONTAINER -> {
        String container = request.getDeleteContainer().getContainer();
        containers.remove(container);
        exits.remove(container);
      }
      case ACKNOWLEDGE_EXIT -> exits.remove(request.getAcknowledgeExit().getContainer());
      case LIST_PROCESSES -> {
        ProcessList.Builder list = ProcessList.newBuilder().setSandbox(sandbox);
        containers.values().forEach(process -> list.addContainers(process.build()));
        list.addAllFolders(folders);
        list.addAllExits(exits.values());
        reply.setProcesses(list);
      }
      default -> {
        // Nothing of it shows here.
      }
    }
    return reply.build();
  }

  private void create(String container) {
    if (containers.containsKey(container)) {
      throw Failure.of(FailureKind.ALREADY_EXISTS, "container " + container + " exists");
    }
    containers.put(
        container,
        ContainerProcess.newBuilder()
            .setContainer(container)
            .setState(State.CREATED)
            .setPid(100 + containers.size()));
  }

  private void checkSignal(Signal signal) {
    ContainerProcess.Builder process = require(signal.getContainer());
    if (signal.getSignal() < 1 || signal.getSignal() > 64) {
      throw Failure.invalidArgument("signal " + signal.getSignal() + " does not exist");
    }
    if (process.getState() == State.EXITED && !signal.getAll()) {
      throw Failure.wrongState("container " + signal.getContainer() + ": the process does not run");
    }
  }

  private ContainerProcess.Builder require(String container) {
    ContainerProcess.Builder process = containers.get(container);
    if (process == null) {
      throw Failure.notFound("container", container);
    }
    return process;
  }

  private final class Connection implements GuestAgent {
    private @Nullable Consumer<Exited> exitListener;
    private @Nullable Runnable goneListener;
    private boolean gone;

    @Override
    public Reply call(Request.Builder call, Duration timeout) {
      Request request = call.build();
      check(this, request);
      switch (request.getCallCase()) {
        case DELETE_CONTAINER -> {
          String container = request.getDeleteContainer().getContainer();
          synchronized (SimulatedAgent.this) {
            require(container);
          }
          kill(container);
        }
        case CLOSE_SANDBOX -> containerIds().forEach(SimulatedAgent.this::kill);
        default -> {
          // Ends nothing.
        }
      }
      Reply reply = carryOut(request);
      if (request.hasSignal()) {
        end(request.getSignal().getContainer(), 128 + request.getSignal().getSignal());
      }
      if (request.hasCloseSandbox()) {
        die();
      }
      if (late(request)) {
        throw Failure.timedOut("no answer to " + request.getCallCase());
      }
      return reply;
    }

    private boolean late(Request request) {
      synchronized (SimulatedAgent.this) {
        return request.getCallCase() == late;
      }
    }

    @Override
    public ByteChannel openStream(StreamToken token) {
      throw Failure.unsupported("no streams here");
    }

    @Override
    public void onExit(Consumer<Exited> listener) {
      List<Exited> missed;
      synchronized (SimulatedAgent.this) {
        exitListener = listener;
        missed = List.copyOf(exits.values());
      }
      missed.forEach(listener);
    }

    @Override
    public void onGone(Runnable listener) {
      boolean already;
      synchronized (SimulatedAgent.this) {
        goneListener = listener;
        already = gone;
      }
      if (already) {
        listener.run();
      }
    }

    void deliver(Exited exit) {
      Consumer<Exited> listener;
      synchronized (SimulatedAgent.this) {
        listener = exitListener;
      }
      if (listener != null) {
        listener.accept(exit);
      }
    }

    /** Told from another thread, as the reader of a socket would: the caller may hold locks. */
    void lost() {
      Runnable listener;
      synchronized (SimulatedAgent.this) {
        gone = true;
        listener = goneListener;
      }
      if (listener != null) {
        Thread.ofVirtual().name("agent-gone").start(listener);
      }
    }

    @Override
    public void close() {
      synchronized (SimulatedAgent.this) {
        // A connection that its own side closed tells nobody.
        goneListener = null;
        if (current == this) {
          current = null;
        }
      }
    }
  }
}
