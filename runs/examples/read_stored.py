# Reads a file that `ebmm store` wrote, and recalls from it with the model that `ebmm export` wrote (docs/compression.md):
#   python read_stored.py memory.safetensors model/read.onnx queries.txt known.txt
# read.onnx has as many queries as `ebmm export --queries N` was told; numpy, onnxruntime and safetensors are needed.
import json
import sys
import numpy as np
import onnxruntime as ort
from safetensors import safe_open

def unpack(file):
    """What a memory holds, as float32 arrays by name."""
    with safe_open(file, 'numpy') as f:
        about = json.loads(f.metadata()['stored'])
        groups = {name: f.get_tensor(name) for name in f.keys()}
    held = {}
    for name, t in about['tensors'].items():
        shape, bits = t['shape'], t['bits']
        d = shape[-1]
        packed = t['packing'] != 'full'
        size = int(np.prod(shape))
        lower = size // d * (d - 1) // 2
        counts = {'full': [size], 'hollow': [lower], 'symmetric': [lower, size // d]}[t['packing']]
        numbers = []
        for i, count in enumerate(counts):
            raw = groups[name if i == 0 else name + '.diagonal']
            if bits < 32:
                code = np.unpackbits(raw, bitorder='little')[: count * bits].reshape(count, bits) @ (1 << np.arange(bits))
                raw = t['scales'][i] * (code - 2 ** (bits - 1) + t['offsets'][i])
            numbers.append(raw.astype(np.float32))
        if not packed:
            held[name] = numbers[0].reshape(shape)
            continue
        full = np.zeros([size // d // d, d, d], np.float32)
        i, j = np.tril_indices(d, -1)
        full[:, i, j] = full[:, j, i] = numbers[0].reshape(len(full), -1)
        if len(numbers) > 1:
            full[:, range(d), range(d)] = numbers[1].reshape(len(full), d)
        held[name] = full.reshape(shape)
    return held

if len(sys.argv) != 5:
    sys.exit('usage: read_stored.py MEMORY.safetensors READ.onnx QUERIES.txt KNOWN.txt')
stored, model, queries_file, known_file = sys.argv[1:]
W = unpack(stored)['W'][None]
lines = lambda file: np.array([[int(c) for c in line.strip()] for line in open(file)], np.float32)
queries = 2 * lines(queries_file)[None] - 1
known = lines(known_file)[None]
recalled, = ort.InferenceSession(model).run(['recalled'], {'W': W, 'queries': queries, 'known': known})
for row in recalled[0] > 0:
    print(''.join('01'[int(bit)] for bit in row))
