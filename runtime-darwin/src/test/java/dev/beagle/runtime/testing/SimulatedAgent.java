package dev.beagle.runtime.testing;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.StreamToken;
import dev.beagle.runtime.guest.wire.ContainerProcess;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Started;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private Consumer<Request> failpoint = request -> {};

  /** Called before each request is carried out; what it throws is the agent's answer. */
  public synchronized void failpoint(Consumer<Request> hook) {
    failpoint = hook;
  }

  public synchronized boolean alive() {
    return alive;
  }

  public synchronized List<String> containerIds() {
    return List.copyOf(containers.keySet());
  }

  public synchronized List<String> folders() {
    return List.copyOf(folders);
  }

  synchronized void addFolder(String name) {
    folders.add(name);
  }

  synchronized void removeFolder(String name) {
    folders.remove(name);
  }

  /** A container's process ends by itself. */
  public void end(String container, int code) {
    Connection listener;
    Exited exit = Exited.newBuilder().setContainer(container).setCode(code).setAt(7).build();
    synchronized (this) {
      ContainerProcess.Builder process = containers.get(container);
      if (process == null || process.getState() != ContainerProcess.State.RUNNING) {
        return;
      }
      process.setState(ContainerProcess.State.EXITED);
      exits.put(container, exit);
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
      listener.gone();
    }
  }

  /** A daemon connects; an earlier one's connection is no longer served. */
  public synchronized GuestAgent connect() {
    if (!alive) {
      throw Failure.unavailable("the agent is dead");
    }
    current = new Connection();
    return current;
  }

  private synchronized Reply carryOut(Request request) {
    if (!alive) {
      throw Failure.unavailable("the agent is dead");
    }
    failpoint.accept(request);
    Reply.Builder reply = Reply.newBuilder();
    switch (request.getCallCase()) {
      case CREATE_CONTAINER ->
          containers.put(
              request.getCreateContainer().getContainer(),
              ContainerProcess.newBuilder()
                  .setContainer(request.getCreateContainer().getContainer())
                  .setState(ContainerProcess.State.CREATED)
                  .setPid(100 + containers.size()));
      case START_CONTAINER -> {
        ContainerProcess.Builder process = require(request.getStartContainer().getContainer());
        process.setState(ContainerProcess.State.RUNNING).setStartedAt(5);
        reply.setStarted(Started.newBuilder().setPid(process.getPid()).setAt(5));
      }
      case DELETE_CONTAINER -> {
        require(request.getDeleteContainer().getContainer());
        containers.remove(request.getDeleteContainer().getContainer());
      }
      case ACKNOWLEDGE_EXIT -> exits.remove(request.getAcknowledgeExit().getContainer());
      case LIST_PROCESSES -> {
        ProcessList.Builder list = ProcessList.newBuilder();
        containers.values().forEach(process -> list.addContainers(process.build()));
        list.addAllExits(exits.values());
        reply.setProcesses(list);
      }
      default -> {
        // Nothing of it shows here.
      }
    }
    return reply.build();
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

    @Override
    public Reply call(Request.Builder call, Duration timeout) {
      Request request = call.build();
      Reply reply = carryOut(request);
      if (request.hasSignal()) {
        end(request.getSignal().getContainer(), 128 + request.getSignal().getSignal());
      }
      if (request.hasCloseSandbox()) {
        synchronized (SimulatedAgent.this) {
          alive = false;
          containers.clear();
        }
      }
      return reply;
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
      goneListener = listener;
    }

    void deliver(Exited exit) {
      Consumer<Exited> listener = exitListener;
      if (listener != null) {
        listener.accept(exit);
      }
    }

    void gone() {
      Runnable listener = goneListener;
      if (listener != null) {
        listener.run();
      }
    }

    @Override
    public void close() {
      synchronized (SimulatedAgent.this) {
        if (current == this) {
          current = null;
        }
      }
    }
  }
}
