package dev.beagle.guestimage.archive;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Writes the body of an answer to a file, as far as it may be. Called by the HTTP client's threads,
 * by one at a time.
 */
final class LimitedBody implements BodySubscriber<Long> {
  private final CompletableFuture<Long> done = new CompletableFuture<>();
  private final FileChannel file;
  private final long limitBytes;
  private long written;
  private Flow.@Nullable Subscription subscription;

  /**
   * @param target a file that is there
   */
  LimitedBody(Path target, long limitBytes) throws IOException {
    this.limitBytes = limitBytes;
    file = FileChannel.open(target, StandardOpenOption.WRITE);
  }

  @Override
  public CompletionStage<Long> getBody() {
    return done;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> pieces) {
    try {
      for (ByteBuffer piece : pieces) {
        written += piece.remaining();
        if (written > limitBytes) {
          throw new IOException("it has more than %d bytes".formatted(limitBytes));
        }
        while (piece.hasRemaining()) {
          file.write(piece);
        }
      }
      if (subscription != null) {
        subscription.request(1);
      }
    } catch (IOException error) {
      if (subscription != null) {
        subscription.cancel();
      }
      onError(error);
    }
  }

  @Override
  public void onError(Throwable error) {
    close();
    done.completeExceptionally(error);
  }

  @Override
  public void onComplete() {
    close();
    done.complete(written);
  }

  private void close() {
    try {
      file.close();
    } catch (IOException error) {
      done.completeExceptionally(error);
    }
  }
}
