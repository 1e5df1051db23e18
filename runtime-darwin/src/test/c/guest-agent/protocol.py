"""A protobuf codec for agent.proto that reads the .proto itself: independent of the agent's and of protobuf's."""

import re

SCALARS = {"bool", "uint32", "uint64", "int32", "int64", "string", "bytes"}


class Schema:
    def __init__(self, path):
        text = re.sub(r"//[^\n]*", "", open(path, encoding="utf-8").read())
        self.messages = {}
        self.enums = {}
        tokens = re.findall(r"\"[^\"]*\"|[A-Za-z_][\w.]*|\d+|[{}=;<>,]", text)
        self._block(tokens, 0)

    def _block(self, tokens, at, fields=None):
        while at < len(tokens) and tokens[at] != "}":
            word = tokens[at]
            if word in ("syntax", "package", "option"):
                at = tokens.index(";", at) + 1
            elif word == "message":
                fields_of = self.messages.setdefault(tokens[at + 1], {})
                at = self._block(tokens, at + 3, fields_of) + 1
            elif word == "oneof":
                at = self._block(tokens, at + 3, fields) + 1
            elif word == "enum":
                end = tokens.index("}", at)
                names = tokens[at + 3:end]
                self.enums[tokens[at + 1]] = {names[i]: int(names[i + 2]) for i in range(0, len(names), 4)}
                at = end + 1
            else:
                at = self._field(tokens, at, fields)
        return at

    def _field(self, tokens, at, fields):
        repeated = tokens[at] == "repeated"
        at += repeated
        if tokens[at] == "map":
            key, value, name, number = tokens[at + 2], tokens[at + 4], tokens[at + 6], tokens[at + 8]
            entry = f"{name}Entry"
            self.messages[entry] = {"key": (1, key, False, False), "value": (2, value, False, False)}
            fields[name] = (int(number), entry, True, True)
            return at + 10
        fields[tokens[at + 1]] = (int(tokens[at + 3]), tokens[at], repeated, False)
        return at + 5

    def encode(self, name, values):
        out = bytearray()
        for field, value in values.items():
            number, kind, repeated, is_map = self.messages[name][field]
            if is_map:
                value = [{"key": k, "value": v} for k, v in value.items()]
            for item in value if repeated else [value]:
                out += self._encode_one(number, kind, item)
        return bytes(out)

    def _encode_one(self, number, kind, item):
        if kind in self.enums or kind in ("bool", "uint32", "uint64", "int32", "int64"):
            item = self.enums[kind].get(item, item) if kind in self.enums else int(item)
            return varint(number << 3) + varint(item & (1 << 64) - 1)
        if kind == "string":
            data = item.encode()
        elif kind == "bytes":
            data = bytes(item)
        else:
            data = self.encode(kind, item)
        return varint(number << 3 | 2) + varint(len(data)) + data

    def decode(self, name, data):
        by_number = {f[0]: (field, f) for field, f in self.messages[name].items()}
        values = {}
        at = 0
        while at < len(data):
            key, at = read_varint(data, at)
            if key & 7 == 0:
                value, at = read_varint(data, at)
            else:
                length, at = read_varint(data, at)
                value = data[at:at + length]
                at += length
            field, (_, kind, repeated, _) = by_number[key >> 3]
            value = self._decode_one(kind, value)
            if repeated:
                values.setdefault(field, []).append(value)
            else:
                values[field] = value
        return values

    def _decode_one(self, kind, value):
        if kind in ("int32", "int64"):
            return value - (1 << 64) if value >> 63 else value
        if kind == "bool":
            return bool(value)
        if kind == "string":
            return value.decode()
        if kind in self.messages:
            return self.decode(kind, value)
        return value


def varint(value):
    out = bytearray()
    while True:
        out.append(value & 0x7f | (0x80 if value > 0x7f else 0))
        value >>= 7
        if not value:
            return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        if byte < 0x80:
            return value, at
        shift += 7
