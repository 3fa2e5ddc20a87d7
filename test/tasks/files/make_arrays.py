"""Makes arrays.json: small files of arrays and the numbers in them, as NumPy and safetensors write and read them.

python test/tasks/files/make_arrays.py   (needs NumPy, PyTorch and safetensors)
"""

import base64
import io
import json
import os

import numpy as np
import torch
from safetensors.torch import save

rng = np.random.default_rng(0)
b64 = lambda data: base64.b64encode(bytes(data)).decode()
files = {}


def add(name, data, array, rows):
    rows = np.asarray(rows, dtype=np.float64)
    files[name] = {"file": b64(data), **({"array": array} if array else {}), "shape": list(rows.shape), "values": rows.ravel().tolist()}


def array_of(dtype, shape=(3, 2, 2)):
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype[0] in "ui":
        info = np.iinfo(dtype)
        # Whole numbers above 2^53 are not numbers of JavaScript.
        low, high = max(info.min, -(2**53)), min(info.max, 2**53)
        return rng.integers(low, high, shape, endpoint=True).astype(dtype)
    return (rng.standard_normal(shape) * 100).astype(dtype)


for dtype in ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]:
    for order in "<>":
        for fortran in (False, True):
            a = array_of(dtype).astype(np.dtype(dtype).newbyteorder(order))
            file = io.BytesIO()
            np.save(file, np.asfortranarray(a) if fortran else a)
            add(f"{order}{dtype}{' in columns' if fortran else ''}.npy", file.getvalue(), None, a)
for version in ((1, 0), (2, 0), (3, 0)):
    file = io.BytesIO()
    a = array_of("float32")
    np.lib.format.write_array(file, a, version=version)
    add(f"version {version[0]}.npy", file.getvalue(), None, a)
for packed in (False, True):
    arrays = {"x": array_of("float32"), "bits": array_of("bool"), "labels": np.arange(3)}
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, **arrays)
    for name in ("x", "bits"):
        add(f"{'packed' if packed else 'stored'} {name}.npz", file.getvalue(), name, arrays[name])
file = io.BytesIO()
np.savez(file, only=arrays["x"], labels=np.arange(3))
add("only.npz", file.getvalue(), None, arrays["x"])
types = [torch.bool, torch.uint8, torch.int8, torch.uint16, torch.int16, torch.uint32, torch.int32, torch.int64, torch.uint64,
         torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2]  # fmt: skip
tensors = {}
for kind in types:
    name = str(kind).split(".")[1]
    if kind.is_floating_point:
        tensors[name] = (torch.from_numpy(rng.standard_normal((2, 3))) * 10).to(kind)
    else:
        tensors[name] = torch.from_numpy(array_of(name, (2, 3)))
data = save(tensors, metadata={"made": "here"})
for name, tensor in tensors.items():
    add(f"{name}.safetensors", data, name, tensor.to(torch.float64).numpy() if tensor.is_floating_point() else tensor.numpy())
add("every float8 e4m3.safetensors", save({"a": torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn)[[*range(127), *range(128, 255)]].reshape(2, -1)}), None,
    torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn)[[*range(127), *range(128, 255)]].reshape(2, -1).double().numpy())  # fmt: skip
for delimiter, header, ending in ((",", "", "\n"), ("\t", "a\tb\tc", "\n"), (";", "", "\r\n"), (" ", "", "\n")):
    file = io.StringIO()
    a = array_of("float64", (4, 3))
    np.savetxt(file, a, delimiter=delimiter, header=header, newline=ending)
    add(f"savetxt {len(files)}.txt", file.getvalue().encode(), None, a)
with open(os.path.join(os.path.dirname(__file__), "arrays.json"), "w") as out:
    json.dump(files, out, indent=0)
    out.write("\n")
