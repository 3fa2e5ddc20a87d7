"""The reference step in JAX: the same initial values and data, loss, meta-gradient and AdamW update.

Usage: python reference_jax.py PROBLEM.safetensors FORM, with FORM one of vmap, map, unrolled. Reads the number of steps to
time from each line of standard input and answers with a line of JSON; the first line it writes has the loss, the norm of
the gradient and the seconds it took to compile.
"""
import json
import struct
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

T, K = 3, 5


def load(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def energy(p, x):  # [patterns, d] -> [patterns]
    h = jnp.tanh(x @ p["W1"] + p["b1"])
    h = jnp.tanh(h @ p["W2"] + p["b2"])
    return (h @ p["W3"])[:, 0]


slope = jax.grad(lambda p, x: energy(p, x).sum(), argnums=1)
WRITABLE = ["W1", "b1", "W2", "b2", "W3"]


def write(p, x):
    initial = {k: p[k] for k in WRITABLE}
    alpha, beta = jax.nn.softplus(p["rule.weights"])
    rates = jax.nn.softplus(p["rule.write"])

    def loss(w):
        gradient = slope(w, x)
        terms = energy(w, x) + alpha * jnp.sum(gradient * gradient, -1)
        distance = sum(jnp.sum((w[k] - initial[k]) ** 2) for k in WRITABLE)
        return jnp.mean(terms) + beta * distance

    w = initial
    for t in range(T):
        g = jax.grad(loss)(w)
        w = {k: w[k] - rates[t] * g[k] for k in WRITABLE}
    return w


def read(w, x, p):
    rate, momentum = jax.nn.softplus(p["rule.read"][0]), jax.nn.sigmoid(p["rule.momentum"][0])
    v, iterates = jnp.zeros_like(x), []
    for k in range(K):
        if k:
            rate, momentum = rate * jax.nn.sigmoid(p["rule.read"][k]), momentum * jax.nn.sigmoid(p["rule.momentum"][k])
        ahead = jnp.clip(x + momentum * v, -1, 1) if k else x
        v = momentum * v - rate * slope(w, ahead)
        x = jnp.clip(x + v, -1, 1)
        iterates.append(x)
    return iterates


def episode_loss(p, x, q):
    return sum(jnp.mean((y - x) ** 2) for y in read(write(p, x), q, p))


FORMS = {
    "vmap": lambda p, X, Q: jnp.mean(jax.vmap(episode_loss, in_axes=(None, 0, 0))(p, X, Q)),
    "map": lambda p, X, Q: jnp.mean(jax.lax.map(lambda e: episode_loss(p, *e), (X, Q))),
    "unrolled": lambda p, X, Q: jnp.mean(jnp.stack([episode_loss(p, X[i], Q[i]) for i in range(X.shape[0])])),
}


def main(path, form):
    arrays = {k: jnp.asarray(v) for k, v in load(path).items()}
    X, Q = arrays.pop("patterns"), arrays.pop("queries")
    loss = FORMS[form]
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-3, weight_decay=1e-6))

    @jax.jit
    def step(p, state):
        value, g = jax.value_and_grad(loss)(p, X, Q)
        updates, state = optimiser.update(g, state, p)
        return optax.apply_updates(p, updates), state, value, optax.global_norm(g)

    state = optimiser.init(arrays)
    started = time.perf_counter()
    out = jax.block_until_ready(step(arrays, state))
    first = {"loss": float(out[2]), "norm": float(out[3]), "compile": time.perf_counter() - started}
    print(json.dumps(first), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            started = time.perf_counter()
            jax.block_until_ready(step(arrays, state))
            times.append(1000 * (time.perf_counter() - started))
        print(json.dumps(times), flush=True)


main(*sys.argv[1:])
