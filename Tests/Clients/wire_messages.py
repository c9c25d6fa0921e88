# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Makes messages of the Durable Task protocol with the classes that durabletask ships, and checks copies of them.

usage: wire_messages.py make SEED COUNT > FILE    COUNT messages of each type with fields at random
       wire_messages.py check FILE COPIES         whether the copies mean the same as the originals

A line is a type's name and the message's bytes in hexadecimal digits.
"""

import random
import sys

from google.protobuf import descriptor, struct_pb2
from durabletask.internal import orchestrator_service_pb2 as pb

FIELD = descriptor.FieldDescriptor
TEXTS = ["", "a", "Größe", "\u0000\n\"", "x" * 200, '{"n":[1,2.5,null]}']


def scalar(dice, field):
    if field.type == FIELD.TYPE_STRING:
        return dice.choice(TEXTS)
    if field.type == FIELD.TYPE_INT32:
        return dice.choice([0, 1, -1, 127, 128, 2**31 - 1, -(2**31)])
    if field.type == FIELD.TYPE_BOOL:
        return dice.random() < 0.5
    if field.type == FIELD.TYPE_ENUM:
        return dice.choice(field.enum_type.values).number
    raise AssertionError(f"{field.full_name} has a type that the protocol does not use")


def fill_value(dice, value, depth):
    kind = dice.randrange(6 if depth < 3 else 4)
    if kind == 0:
        value.null_value = struct_pb2.NULL_VALUE
    elif kind == 1:
        value.number_value = dice.choice([0.0, 1.5, -3.0, 1e300])
    elif kind == 2:
        value.string_value = dice.choice(TEXTS)
    elif kind == 3:
        value.bool_value = dice.random() < 0.5
    elif kind == 4:
        value.struct_value.SetInParent()
        for key in dice.sample(["a", "b", ""], dice.randrange(3)):
            fill_value(dice, value.struct_value.fields[key], depth + 1)
    else:
        value.list_value.SetInParent()
        for _ in range(dice.randrange(3)):
            fill_value(dice, value.list_value.values.add(), depth + 1)


def fill_well_known(dice, message, depth):
    """Fills one of Google's own messages; false when it is none."""
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        message.seconds = dice.choice([0, 1, -1, -62_135_596_800, 253_402_300_799, 1_767_225_600])
        message.nanos = dice.choice([0, 1_000_000, 999_000_000])
    elif name == "google.protobuf.Duration":
        message.seconds = dice.choice([0, 1, 86_400])
        message.nanos = dice.choice([0, 1, 999_999_999])
    elif name == "google.protobuf.Value":
        fill_value(dice, message, depth)
    elif name.startswith("google.protobuf."):
        message.value = scalar(dice, message.DESCRIPTOR.fields_by_name["value"])
    else:
        return False
    return True


def fill_field(dice, message, field, depth):
    name = field.name
    if field.message_type and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        for key in dice.sample(["a", "b", "", "Ä"], dice.randrange(4)):
            if value.message_type:
                fill_value(dice, getattr(message, name)[key], depth)
            else:
                getattr(message, name)[key] = dice.choice(TEXTS)
    elif field.is_repeated:
        for _ in range(dice.randrange(3)):
            if field.message_type:
                fill(dice, getattr(message, name).add(), depth + 1)
            else:
                getattr(message, name).append(scalar(dice, field))
    elif field.message_type:
        getattr(message, name).SetInParent()
        fill(dice, getattr(message, name), depth + 1)
    else:
        setattr(message, name, scalar(dice, field))


def fill(dice, message, depth=0):
    if fill_well_known(dice, message, depth):
        return
    chosen = {oneof.name: dice.choice(oneof.fields).name for oneof in message.DESCRIPTOR.oneofs}
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and chosen[field.containing_oneof.name] != field.name:
            continue
        if dice.random() < (0.8 if depth < 3 else 0.2):
            fill_field(dice, message, field, depth)


def make(seed, count):
    dice = random.Random(seed)
    for name in pb.DESCRIPTOR.message_types_by_name:
        for _ in range(count):
            message = getattr(pb, name)()
            fill(dice, message)
            print(name, message.SerializeToString().hex())


def check(originals, copies):
    with open(originals) as first, open(copies) as second:
        pairs = list(zip(first.read().splitlines(), second.read().splitlines(), strict=True))
    for original, copy in pairs:
        name, digits = original.split(" ")
        wanted = getattr(pb, name).FromString(bytes.fromhex(digits))
        found = getattr(pb, name).FromString(bytes.fromhex(copy.split(" ")[1]))
        if wanted != found:
            sys.exit(f"{name} was\n{wanted}\nand is now\n{found}")
    print(len(pairs))


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]))
else:
    check(sys.argv[2], sys.argv[3])
