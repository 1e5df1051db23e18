package dev.beagle.cri;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A proto file as rows of the form {@code kind TAB owner TAB name TAB number or request TAB type or
 * response TAB note}, which is also the form of {@code cri-v1.tsv}. A message without fields is one
 * row with nothing after its name. What the table has no row for (a oneof, a reserved number, an
 * optional field, a stream from the client) is rendered too, so that a comparison finds it.
 */
final class WireTable {
  private final List<String> rows = new ArrayList<>();

  private WireTable() {}

  static List<String> rowsOf(FileDescriptor file) {
    WireTable table = new WireTable();
    file.getServices().forEach(table::addService);
    file.getEnumTypes().forEach(enumeration -> table.addEnum(enumeration.getName(), enumeration));
    file.getMessageTypes().forEach(message -> table.addMessage(message.getName(), message));
    return List.copyOf(table.rows);
  }

  private void add(
      String kind, String owner, String name, String number, String type, String note) {
    rows.add(String.join("\t", kind, owner, name, number, type, note));
  }

  private void addService(ServiceDescriptor service) {
    for (MethodDescriptor method : service.getMethods()) {
      add(
          "rpc",
          service.getName(),
          method.getName(),
          (method.isClientStreaming() ? "stream " : "") + method.getInputType().getName(),
          (method.isServerStreaming() ? "stream " : "") + method.getOutputType().getName(),
          note(method.getOptions().getDeprecated()));
    }
  }

  private void addEnum(String name, EnumDescriptor enumeration) {
    for (EnumValueDescriptor value : enumeration.getValues()) {
      add(
          "enum",
          name,
          value.getName(),
          String.valueOf(value.getNumber()),
          "",
          note(value.getOptions().getDeprecated()));
    }
    if (enumeration.toProto().getReservedRangeCount() > 0
        || enumeration.toProto().getReservedNameCount() > 0) {
      add("reserved", name, "", "", "", "");
    }
  }

  private void addMessage(String name, Descriptor message) {
    if (message.getFields().isEmpty()) {
      add("field", name, "", "", "", "");
    }
    for (FieldDescriptor field : message.getFields()) {
      add(
          "field",
          name,
          field.getName(),
          String.valueOf(field.getNumber()),
          label(field) + type(field),
          note(field.getOptions().getDeprecated()));
    }
    message.getOneofs().forEach(oneof -> add("oneof", name, oneof.getName(), "", "", ""));
    if (message.toProto().getReservedRangeCount() > 0
        || message.toProto().getReservedNameCount() > 0) {
      add("reserved", name, "", "", "", "");
    }
    message.getEnumTypes().forEach(nested -> addEnum(name + "." + nested.getName(), nested));
    for (Descriptor nested : message.getNestedTypes()) {
      if (!nested.getOptions().getMapEntry()) {
        addMessage(name + "." + nested.getName(), nested);
      }
    }
  }

  private static String label(FieldDescriptor field) {
    if (field.isMapField()) {
      return "";
    }
    return field.isRepeated()
        ? "repeated "
        : field.toProto().getProto3Optional() ? "optional " : "";
  }

  private static String type(FieldDescriptor field) {
    if (field.isMapField()) {
      List<FieldDescriptor> entry = field.getMessageType().getFields();
      return "map<" + type(entry.get(0)) + "," + type(entry.get(1)) + ">";
    }
    return switch (field.getJavaType()) {
      case MESSAGE -> withoutPackage(field.getMessageType().getFullName(), field);
      case ENUM -> withoutPackage(field.getEnumType().getFullName(), field);
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING ->
          field.getType().name().toLowerCase(Locale.ROOT);
    };
  }

  private static String withoutPackage(String fullName, FieldDescriptor field) {
    return fullName.substring(field.getFile().getPackage().length() + 1);
  }

  private static String note(boolean deprecated) {
    return deprecated ? "deprecated" : "";
  }
}
