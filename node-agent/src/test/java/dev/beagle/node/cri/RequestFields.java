package dev.beagle.node.cri;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.util.Objects;

/** Requests in which one field is set. */
final class RequestFields {
  private RequestFields() {}

  /** A message with nothing but the field at the path, which has a value that is no default. */
  static DynamicMessage withOnly(Descriptor message, String path) {
    int dot = path.indexOf('.');
    FieldDescriptor field =
        Objects.requireNonNull(message.findFieldByName(dot < 0 ? path : path.substring(0, dot)));
    DynamicMessage.Builder builder = DynamicMessage.newBuilder(message);
    Object value =
        dot < 0 ? value(field, builder) : withOnly(field.getMessageType(), path.substring(dot + 1));
    return (field.isRepeated()
            ? builder.addRepeatedField(field, value)
            : builder.setField(field, value))
        .build();
  }

  private static Object value(FieldDescriptor field, Message.Builder parent) {
    return switch (field.getJavaType()) {
      case MESSAGE -> parent.newBuilderForField(field).build();
      case STRING -> "x";
      case BYTE_STRING -> ByteString.copyFromUtf8("x");
      case BOOLEAN -> true;
      case INT -> 1;
      case LONG -> 1L;
      case FLOAT -> 1f;
      case DOUBLE -> 1d;
      case ENUM -> field.getEnumType().getValues().getLast();
    };
  }
}
