package dev.beagle.node.cri;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with each field of a request: no field that is set is silently ignored. A rule on a
 * message counts for all its fields. Immutable.
 */
final class FieldTable {
  private static final Logger LOG = LoggerFactory.getLogger(FieldTable.class);
  private static final int MAX_UNKNOWN_NAMED = 8;

  /** What becomes of a field that is set. */
  enum Treatment {
    /** It takes effect; the note says within which limits. */
    HONOURED,
    /** The request fails with INVALID_ARGUMENT; the note says the way out. */
    REFUSED,
    /** It has nothing to act on; the note says why. */
    INFORMATIVE
  }

  /**
   * A decision.
   *
   * @param path names of fields from the request down, joined by dots
   */
  record Rule(String path, Treatment treatment, String note) {}

  private final Descriptor request;
  private final Map<String, Rule> rules;

  private FieldTable(Descriptor request, Map<String, Rule> rules) {
    this.request = request;
    this.rules = rules;
  }

  static Builder of(Descriptor request) {
    return new Builder(request);
  }

  Descriptor request() {
    return request;
  }

  Collection<Rule> rules() {
    return rules.values();
  }

  /** Paths of fields that no rule decides; a test holds this empty. */
  List<String> undecided() {
    List<String> paths = new ArrayList<>();
    collectUndecided(request, "", paths);
    return paths;
  }

  private void collectUndecided(Descriptor message, String prefix, List<String> paths) {
    for (FieldDescriptor field : message.getFields()) {
      String path = prefix + field.getName();
      if (rules.containsKey(path)) {
        continue;
      }
      if (isPlainMessage(field)) {
        collectUndecided(field.getMessageType(), path + ".", paths);
      } else {
        paths.add(path);
      }
    }
  }

  /**
   * Checks a request against the table. Fields of a later version of the protocol, which have no
   * name here, are logged.
   *
   * @throws Failure INVALID_ARGUMENT for a field that is refused, for an enum value that this
   *     version does not know, and for a NUL in a text, which no path or argument can hold
   */
  void check(Message message) {
    List<String> unknown = new ArrayList<>();
    checkFields(message, "", "", false, unknown);
    if (!unknown.isEmpty()) {
      LOG.atWarn()
          .addKeyValue("request", request.getName())
          .addKeyValue("fields", unknown)
          .log("the client set fields that this version does not know");
    }
  }

  private void checkFields(
      Message message, String prefix, String shown, boolean decided, List<String> unknown) {
    for (Integer number : message.getUnknownFields().asMap().keySet()) {
      if (unknown.size() < MAX_UNKNOWN_NAMED) {
        unknown.add(shown + number);
      }
    }
    for (Map.Entry<FieldDescriptor, Object> set : message.getAllFields().entrySet()) {
      FieldDescriptor field = set.getKey();
      String path = prefix + field.getName();
      Rule rule = decided ? null : rules.get(path);
      if (rule != null && rule.treatment() == Treatment.REFUSED) {
        throw Failure.invalidArgument(shown + field.getName() + ": " + rule.note());
      }
      if (rule != null && rule.treatment() == Treatment.INFORMATIVE) {
        continue;
      }
      boolean decidedBelow = decided || rule != null;
      if (set.getValue() instanceof List<?> items) {
        for (int index = 0; index < items.size(); index++) {
          String item = shown + field.getName() + "[" + index + "]";
          checkValue(items.get(index), path, item, decidedBelow, unknown);
        }
      } else {
        checkValue(set.getValue(), path, shown + field.getName(), decidedBelow, unknown);
      }
    }
  }

  private void checkValue(
      @Nullable Object value, String path, String shown, boolean decided, List<String> unknown) {
    switch (value) {
      case Message inner -> checkFields(inner, path + ".", shown + ".", decided, unknown);
      case EnumValueDescriptor constant when constant.getIndex() < 0 ->
          throw Failure.invalidArgument(
              shown + ": value " + constant.getNumber() + " is not known to this version");
      case String text when text.indexOf('\0') >= 0 ->
          throw Failure.invalidArgument(shown + ": contains a NUL character");
      case null, default -> {}
    }
  }

  private static boolean isPlainMessage(FieldDescriptor field) {
    return field.getJavaType() == JavaType.MESSAGE && !field.isMapField();
  }

  /** Builds a table; a rule that names no field, or a field already decided, is a defect. */
  static final class Builder {
    private final Descriptor request;
    private final Map<String, Rule> rules = new LinkedHashMap<>();

    private Builder(Descriptor request) {
      this.request = request;
    }

    Builder honoured(String path, String note) {
      return add(path, Treatment.HONOURED, note);
    }

    /** Fields that take effect whatever their value. */
    Builder honouredAsIs(String... paths) {
      for (String path : paths) {
        honoured(path, "");
      }
      return this;
    }

    Builder refused(String path, String note) {
      return add(path, Treatment.REFUSED, note);
    }

    Builder informative(String path, String note) {
      return add(path, Treatment.INFORMATIVE, note);
    }

    FieldTable build() {
      return new FieldTable(request, new LinkedHashMap<>(rules));
    }

    private Builder add(String path, Treatment treatment, String note) {
      Descriptor message = request;
      String at = "";
      for (String name : path.split("\\.", -1)) {
        FieldDescriptor field = message == null ? null : message.findFieldByName(name);
        at = at.isEmpty() ? name : at + "." + name;
        if (field == null || rules.containsKey(at)) {
          throw new IllegalArgumentException(request.getName() + " has no open field " + path);
        }
        message = isPlainMessage(field) ? field.getMessageType() : null;
      }
      rules.put(path, new Rule(path, treatment, note));
      return this;
    }
  }
}
