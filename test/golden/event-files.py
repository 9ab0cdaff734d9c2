"""
Writes event-files.json: event files as TensorBoard reads and writes them, record by record.

The messages are serialized by google.protobuf (Debian: python3-protobuf) from the fields of the public definitions event.proto, summary.proto,
histogram.proto, tensor.proto and tensor_shape.proto of TensorFlow, and the checksums come from crc32c (Debian: python3-crc32c). With a path, it
reads the event files below it instead, and prints what they hold. Run: /usr/bin/python3 test/golden/event-files.py [PATH]
"""
import base64
import json
import pathlib
import struct
import sys

import crc32c
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
ONE, MANY = FIELD.LABEL_OPTIONAL, FIELD.LABEL_REPEATED
KINDS = {'double': FIELD.TYPE_DOUBLE, 'float': FIELD.TYPE_FLOAT, 'int64': FIELD.TYPE_INT64, 'int32': FIELD.TYPE_INT32, 'string': FIELD.TYPE_STRING,
         'bytes': FIELD.TYPE_BYTES}
MESSAGES = {
    'Dim': [('size', 1, 'int64', ONE)],
    'Shape': [('dim', 2, 'Dim', MANY)],
    'Tensor': [('dtype', 1, 'int32', ONE), ('tensor_shape', 2, 'Shape', ONE), ('tensor_content', 4, 'bytes', ONE), ('half_val', 13, 'int32', MANY),
               ('float_val', 5, 'float', MANY), ('double_val', 6, 'double', MANY), ('int_val', 7, 'int32', MANY), ('string_val', 8, 'bytes', MANY),
               ('int64_val', 10, 'int64', MANY)],
    'Histo': [('min', 1, 'double', ONE), ('max', 2, 'double', ONE), ('num', 3, 'double', ONE), ('sum', 4, 'double', ONE),
              ('sum_squares', 5, 'double', ONE), ('bucket_limit', 6, 'double', MANY), ('bucket', 7, 'double', MANY)],
    'PluginData': [('plugin_name', 1, 'string', ONE), ('content', 2, 'bytes', ONE)],
    'Metadata': [('plugin_data', 1, 'PluginData', ONE), ('display_name', 2, 'string', ONE), ('data_class', 4, 'int32', ONE)],
    'Value': [('tag', 1, 'string', ONE), ('simple_value', 2, 'float', 'what'), ('histo', 5, 'Histo', 'what'), ('tensor', 8, 'Tensor', 'what'),
              ('metadata', 9, 'Metadata', ONE)],
    'Summary': [('value', 1, 'Value', MANY)],
    'Session': [('status', 1, 'int32', ONE)],
    'Event': [('wall_time', 1, 'double', ONE), ('step', 2, 'int64', ONE), ('file_version', 3, 'string', 'what'), ('summary', 5, 'Summary', 'what'),
              ('session_log', 7, 'Session', 'what')],
}
file = descriptor_pb2.FileDescriptorProto(name='events.proto', package='e', syntax='proto3')
for name, fields in MESSAGES.items():
    message = file.message_type.add(name=name)
    if any(label == 'what' for *_, label in fields):
        message.oneof_decl.add(name='what')
    for field, number, kind, label in fields:
        own = message.field.add(name=field, number=number, label=ONE if label == 'what' else label)
        own.type = KINDS.get(kind, FIELD.TYPE_MESSAGE)
        if kind not in KINDS:
            own.type_name = f'.e.{kind}'
        if label == 'what':
            own.oneof_index = 0
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
factory = message_factory.MessageFactory(pool)
M = {name: factory.GetPrototype(pool.FindMessageTypeByName(f'e.{name}')) for name in MESSAGES}


def masked(data):
    crc = crc32c.crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xa282ead8) & 0xffffffff


def record(event):
    data = event.SerializeToString()
    head = struct.pack('<Q', len(data))
    return head + struct.pack('<I', masked(head)) + data + struct.pack('<I', masked(data))


def events_in(content):
    at = 0
    while at + 12 <= len(content):
        head = content[at:at + 8]
        length, = struct.unpack('<Q', head)
        assert struct.unpack('<I', content[at + 8:at + 12]) == (masked(head),), f'the length at byte {at}'
        data = content[at + 12:at + 12 + length]
        if len(data) < length:
            break
        assert struct.unpack('<I', content[at + 12 + length:at + 16 + length]) == (masked(data),), f'the data at byte {at}'
        yield M['Event'].FromString(data)
        at += 16 + length


def show(path):
    for file in sorted(pathlib.Path(path).rglob('*tfevents*')):
        tags = {}
        for event in events_in(file.read_bytes()):
            if event.file_version:
                print(file, event.file_version)
            for value in event.summary.value:
                kind = value.WhichOneof('what')
                tags.setdefault((value.tag, kind), []).append((event.step, value))
        for (tag, kind), points in tags.items():
            step, last = points[-1]
            words = last.simple_value if kind == 'simple_value' else f'{last.histo.num:g} in {len(last.histo.bucket)} buckets'
            print(f'  {tag}: {kind}, {len(points)} points, the last at step {step}: {words}')


def scalar(tag, step, time, value):
    return M['Event'](wall_time=time, step=step, summary=M['Summary'](value=[M['Value'](tag=tag, simple_value=value)]))


def tensor(tag, step, time, shape=(), metadata=None, **fields):
    dims = M['Shape'](dim=[M['Dim'](size=size) for size in shape])
    value = M['Value'](tag=tag, tensor=M['Tensor'](tensor_shape=dims, **fields), metadata=metadata)
    return M['Event'](wall_time=time, step=step, summary=M['Summary'](value=[value]))


def text(data):
    return base64.b64encode(data).decode()


def main():
    version = M['Event'](wall_time=1700000000.25, file_version='brain.Event:2')
    numbers = [0.5, -1.25, 1e-30, 3e38, 0.1, 0.0, float('nan'), float('inf'), float('-inf')]
    scalars = [('metrics/validationLoss', 3 ** i if i else 0, 1700000000 + i / 8, number) for i, number in enumerate(numbers)]
    scalars += [('größe 💧', 2 ** 40 + 1, 1700000000.5, 1.0)]
    counts = [float((7 * i) % 5) for i in range(32)]
    histogram = {'minimum': -1.0, 'maximum': 3.0, 'mean': 0.5, 'standardDeviation': 0.75, 'counts': counts}
    count = sum(counts)
    histo = M['Histo'](min=-1, max=3, num=count, sum=count * 0.5, sum_squares=count * (0.75 ** 2 + 0.5 ** 2),
                       bucket_limit=[-1 + 0.125 * (i + 1) for i in range(32)], bucket=counts)
    histograms = M['Event'](wall_time=1700000001, step=300, summary=M['Summary'](value=[M['Value'](tag='weights/dense1/kernel', histo=histo)]))
    metadata = M['Metadata'](plugin_data=M['PluginData'](plugin_name='scalars'), data_class=1)
    half = struct.unpack('<H', struct.pack('<e', 1.5))[0]
    others = [
        version,
        M['Event'](wall_time=1700000000, session_log=M['Session'](status=1)),
        # As the callback of Keras writes them, with what says whose they are in the first alone.
        tensor('epoch_loss', 0, 1700000001, dtype=1, float_val=[0.75], metadata=metadata),
        tensor('epoch_loss', 1, 1700000002, dtype=1, float_val=[0.5]),
        tensor('epoch_loss', 2, 1700000003, dtype=1, tensor_content=struct.pack('<f', 0.25)),
        tensor('double', 1, 1700000002, dtype=2, double_val=[0.1]),
        tensor('double', 2, 1700000002, dtype=2, tensor_content=struct.pack('<d', 0.2)),
        tensor('int', 1, 1700000002, dtype=3, int_val=[-7]),
        tensor('long', 1, 1700000002, dtype=9, int64_val=[2 ** 40]),
        tensor('half', 1, 1700000002, dtype=19, half_val=[half]),
        tensor('one', 1, 1700000002, shape=(1,), dtype=1, float_val=[4]),
        # Not a number over the steps.
        tensor('words', 1, 1700000002, shape=(1,), dtype=7, string_val=[b'hello']),
        tensor('several', 1, 1700000002, shape=(2,), dtype=1, float_val=[1, 2]),
        histograms,
        M['Event'](wall_time=1700000004, step=7, summary=M['Summary'](value=[M['Value'](tag='a', simple_value=1), M['Value'](tag='b', simple_value=2)])),
        M['Event'](wall_time=1700000004, step=3, summary=M['Summary'](value=[M['Value'](tag='a', simple_value=5)])),
    ]
    out = {
        'origin': 'google.protobuf and crc32c, by event-files.py',
        'crc32c': [[text(data), crc32c.crc32c(data)] for data in [b'', b'123456789', bytes(32), bytes(range(256))]],
        'version': {'time': 1700000000250, 'record': text(record(version))},
        'scalars': [{'tag': tag, 'step': step, 'time': time * 1000, 'value': str(value), 'record': text(record(scalar(tag, step, time, value)))}
                    for tag, step, time, value in scalars],
        'histogram': {'tag': 'weights/dense1/kernel', 'step': 300, 'time': 1700000001000, 'histogram': histogram, 'record': text(record(histograms))},
        'file': text(b''.join(record(event) for event in others)),
        'series': {
            'epoch_loss': [[0, 1700000001000, 0.75], [1, 1700000002000, 0.5], [2, 1700000003000, 0.25]],
            'double': [[1, 1700000002000, 0.1], [2, 1700000002000, 0.2]],
            'int': [[1, 1700000002000, -7]],
            'long': [[1, 1700000002000, 2 ** 40]],
            'half': [[1, 1700000002000, 1.5]],
            'one': [[1, 1700000002000, 4]],
            'a': [[3, 1700000004000, 5], [7, 1700000004000, 1]],
            'b': [[7, 1700000004000, 2]],
        },
    }
    path = pathlib.Path(__file__).with_suffix('.json')
    path.write_text(json.dumps(out, indent=1, ensure_ascii=False) + '\n')


if len(sys.argv) > 1:
    show(sys.argv[1])
else:
    main()
