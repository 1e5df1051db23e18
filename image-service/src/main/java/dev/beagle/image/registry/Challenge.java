package dev.beagle.image.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a registry wants its callers to show who they are (RFC 9110, section 11.6.1).
 *
 * @param scheme lower-case, for instance {@code bearer}
 * @param parameters names lower-case
 */
record Challenge(String scheme, Map<String, String> parameters) {
  private static final int MAX_HEADER = 8192;
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern PARAMETER =
      Pattern.compile(
          "\\s*+(" + TOKEN + ")\\s*+=\\s*+(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s,\"]*+))");
  private static final Pattern SCHEME = Pattern.compile("\\s*+(" + TOKEN + ")(?=\\s|,|$)");

  Challenge {
    parameters = Map.copyOf(parameters);
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** All challenges of all WWW-Authenticate headers; what cannot be read is left out. */
  static List<Challenge> parse(List<String> headers) {
    List<Challenge> challenges = new ArrayList<>();
    for (String header : headers) {
      if (header.length() <= MAX_HEADER) {
        parse(header, challenges);
      }
    }
    return challenges;
  }

  private static void parse(String header, List<Challenge> into) {
    int position = 0;
    String scheme = "";
    Map<String, String> parameters = new LinkedHashMap<>();
    Matcher schemes = SCHEME.matcher(header);
    Matcher pairs = PARAMETER.matcher(header);
    while (position < header.length()) {
      if (header.charAt(position) == ',') {
        position++;
      } else if (!scheme.isEmpty() && pairs.region(position, header.length()).lookingAt()) {
        String value = pairs.group(2) == null ? pairs.group(3) : unescape(pairs.group(2));
        parameters.putIfAbsent(pairs.group(1).toLowerCase(Locale.ROOT), value);
        position = pairs.end();
      } else if (schemes.region(position, header.length()).lookingAt()) {
        add(scheme, parameters, into);
        scheme = schemes.group(1).toLowerCase(Locale.ROOT);
        parameters = new LinkedHashMap<>();
        position = schemes.end();
      } else {
        position++;
      }
    }
    add(scheme, parameters, into);
  }

  private static void add(String scheme, Map<String, String> parameters, List<Challenge> into) {
    if (!scheme.isEmpty()) {
      into.add(new Challenge(scheme, parameters));
    }
  }

  private static String unescape(String quoted) {
    return quoted.replaceAll("\\\\(.)", "$1");
  }
}
