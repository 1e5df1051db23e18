package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One line to a machine, and the line back: words with a blank between, each encoded as in a URL's
 * query, so that a path may hold anything.
 */
record ControlRequest(String verb, List<String> words) {
  static final String STATUS = "status";
  static final String STOP = "stop";
  static final String JOIN = "join";
  static final String LOG = "log";
  static final String UNLOG = "unlog";
  static final String EXPORT = "export";
  static final String UNEXPORT = "unexport";
  private static final String DONE = "done";
  private static final String FAILED = "failed";

  ControlRequest {
    words = List.copyOf(words);
  }

  static ControlRequest of(String verb, String... words) {
    return new ControlRequest(verb, List.of(words));
  }

  String line() {
    return encode(Stream.concat(Stream.of(verb), words.stream()));
  }

  /**
   * @throws Failure INVALID_ARGUMENT for what is no line of a request
   */
  static ControlRequest parse(String line) {
    List<String> all = decode(line);
    return new ControlRequest(all.getFirst(), all.subList(1, all.size()));
  }

  /**
   * @throws Failure INVALID_ARGUMENT with another number of words
   */
  List<String> words(int count) {
    if (words.size() != count) {
      throw Failure.invalidArgument(
          "%s takes %d words, not %d".formatted(Failure.shown(verb), count, words.size()));
    }
    return words;
  }

  static String done(String... words) {
    return encode(Stream.concat(Stream.of(DONE), Stream.of(words)));
  }

  static String failed(Failure failure) {
    return encode(Stream.of(FAILED, failure.kind().name(), failure.reason()));
  }

  /**
   * What a machine answered.
   *
   * @throws Failure the machine's own; CORRUPTED for what is no answer
   */
  static List<String> answer(String line) {
    List<String> words = decode(line);
    if (words.getFirst().equals(DONE)) {
      return words.subList(1, words.size());
    }
    if (words.getFirst().equals(FAILED) && words.size() == 3) {
      throw Failure.of(kind(words.get(1)), words.get(2));
    }
    throw Failure.corrupted("a machine answers: " + Failure.shown(line));
  }

  private static FailureKind kind(String name) {
    try {
      return FailureKind.valueOf(name);
    } catch (IllegalArgumentException unknown) {
      return FailureKind.INTERNAL;
    }
  }

  private static String encode(Stream<String> words) {
    return words
        .map(word -> URLEncoder.encode(word, StandardCharsets.UTF_8))
        .collect(Collectors.joining(" "));
  }

  private static List<String> decode(String line) {
    try {
      return Stream.of(line.split(" ", -1))
          .map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8))
          .toList();
    } catch (IllegalArgumentException wrong) {
      throw Failure.invalidArgument("no request: " + Failure.shown(line));
    }
  }
}
