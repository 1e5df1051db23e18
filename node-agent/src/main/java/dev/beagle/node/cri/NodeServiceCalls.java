package dev.beagle.node.cri;

import dev.beagle.cri.node.v1.NodeServiceGrpc;
import dev.beagle.cri.node.v1.PullImageRequest;
import dev.beagle.cri.node.v1.PullImageResponse;
import dev.beagle.cri.node.v1.StartAttachedRequest;
import dev.beagle.cri.node.v1.StartAttachedResponse;
import dev.beagle.time.Time;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/** Calls of our own beside the CRI's, for our command line; see node.proto. Thread-safe. */
final class NodeServiceCalls extends NodeServiceGrpc.NodeServiceImplBase {
  private final ImageCalls images;
  private final StreamCalls streams;
  private final Time time;

  NodeServiceCalls(ImageCalls images, StreamCalls streams, Time time) {
    this.images = images;
    this.streams = streams;
    this.time = time;
  }

  @Override
  public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> response) {
    String reference = Fields.required("image", request.getImage());
    ServerCallStreamObserver<PullImageResponse> observer =
        (ServerCallStreamObserver<PullImageResponse>) response;
    // With a handler, sending to a client that left does nothing instead of throwing.
    observer.setOnCancelHandler(() -> {});
    try (PullFeed feed = PullFeed.open(observer, time)) {
      String id = Departure.interrupts(() -> images.pull(reference, Optional.empty(), feed));
      observer.onNext(feed.finish());
      RuntimeServiceCalls.answer(response, PullImageResponse.newBuilder().setImageRef(id).build());
    }
  }

  @Override
  public void startAttached(
      StartAttachedRequest request, StreamObserver<StartAttachedResponse> response) {
    RuntimeServiceCalls.answer(response, streams.startAttached(request));
  }
}
