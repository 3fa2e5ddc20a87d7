"""The meta-step in JAX: write, read, loss, meta-gradient and AdamW.

Usage: python jax_peer.py PROBLEM.safetensors FORM OUT.safetensors, with FORM one of vmap, map, unrolled. All functions are
of one episode; the form says how the episodes are put together. See contest.serve for what it reads and writes.
"""

import sys

import jax
import jax.numpy as jnp
import optax
from contest import Problem, serve
from jax.nn import sigmoid, softplus


# Energies: parameters and patterns [patterns, ...pattern] to [patterns].


def mlp(p, x):
    h = jnp.tanh(x @ p["W1"] + p["b1"])
    h = jnp.tanh(h @ p["W2"] + p["b2"])
    return (h @ p["W3"])[:, 0]


def site(p, x):
    """E(x) = sum_i f(x_i, h_i), h = (W + W^T) x / 2; all units are the columns of one matrix [features, units]."""
    h = x @ (0.5 * (p["W"] + p["W"].T))
    rows = jnp.stack([x * h, h * h, x * x]).reshape(3, -1)
    z = jnp.tanh(p["site.w1"] @ rows + p["site.b1"])
    z = jnp.tanh(p["site.w2"] @ z + p["site.b2"])
    f = p["site.linear"] @ rows + p["site.w3"] @ z
    return f.reshape(x.shape).sum(-1)


def gated(p, x, hops):
    recalled = jnp.tanh(x @ p["memory.w"] + p["memory.b"])
    seen = x @ p["static.x"] + p["static.b"]
    gating = x @ p["gate.x"] + p["gate.b"]
    s = sigmoid(gating) * jnp.concatenate([recalled, jnp.tanh(seen)], -1)
    for _ in range(1, hops):
        candidate = jnp.concatenate([recalled, jnp.tanh(seen + s @ p["static.s"])], -1)
        s = s + sigmoid(gating + s @ p["gate.s"]) * (candidate - s)
    return (s @ p["energy.w"])[:, 0]


def convolve(p, name, x, stride=1):
    """x [n, height, width, channels]; a 1x1 convolution is a product over channels."""
    w, b = p[f"{name}.w"], p[f"{name}.b"]
    if w.shape[:2] == (1, 1):
        return x @ w[0, 0] + b
    layout = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(x, w, (stride, stride), "SAME", dimension_numbers=layout) + b


def norm(p, name, x):
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(variance + 1e-5) * p[f"{name}.scale"] + p[f"{name}.shift"]


def halve(x):
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def res_block(p, name, x):
    first = jnp.tanh(norm(p, f"{name}.norm1", convolve(p, f"{name}.first", x, 2)))
    both = convolve(p, f"{name}.second", first) + convolve(p, f"{name}.skip", halve(x))
    return jnp.tanh(norm(p, f"{name}.norm2", both))


def bottleneck(p, name, x, stride):
    narrow = jnp.tanh(norm(p, f"{name}.norm1", convolve(p, f"{name}.narrow", x)))
    parts = [convolve(p, f"{name}.{part}", narrow, stride) for part in ("static", "memory")]
    skip = convolve(p, f"{name}.skip", halve(x) if stride == 2 else x)
    return jnp.tanh(norm(p, f"{name}.norm2", jnp.concatenate(parts, -1) + skip))


def conv(p, x, hops):
    s = res_block(p, "block2", res_block(p, "block1", x))
    s = bottleneck(p, "neck2", bottleneck(p, "neck1", s, 1), 2)
    for _ in range(hops):
        candidate = jnp.tanh(norm(p, "candidate", convolve(p, "candidate", s)))
        s = s + sigmoid(norm(p, "gate", convolve(p, "gate", s))) * (candidate - s)
    last = jnp.tanh(s.reshape(x.shape[0], -1) @ p["hidden.w"] + p["hidden.b"])
    return (last @ p["energy.w"])[:, 0]


ENERGIES = {"mlp": mlp, "site": site, "gated": gated, "conv": conv}


# Storing and recalling.


def summed(told):
    """The energies of all patterns together, a function of (parameters, patterns)."""
    energy = ENERGIES[told["energy"]]
    return lambda p, x: energy(p, x, **told["options"]).sum()


def slopes_by_loss(energy, told, p, w, x, t):
    """One rate for each step; the terms of the writing loss have the weights alpha and beta."""
    alpha, beta = softplus(p["rule.weights"])

    def loss(w):
        value, slope = jax.value_and_grad(energy, argnums=1)({**p, **w}, x)
        return (value + alpha * jnp.sum(slope * slope)) / told["write"]["divisor"]

    gradient = jax.grad(loss)(w)
    rate = softplus(p["rule.write"][t])
    return {k: rate * (gradient[k] + 2 * beta * (w[k] - p[k])) for k in w}


def slopes_by_terms(energy, told, p, w, x, t):
    """A rate for each step, tensor and term. One backward pass gives the slopes in x and in w."""
    divisor = told["write"]["divisor"]

    def steepness(w):
        in_w, in_x = jax.grad(lambda w, x: energy({**p, **w}, x) / divisor, argnums=(0, 1))(w, x)
        return divisor * jnp.sum(in_x * in_x), in_w

    steep, in_w = jax.grad(steepness, has_aux=True)(w)
    rates = softplus(p["rule.write"][t])
    return {
        k: rates[i, 0] * in_w[k] + rates[i, 1] * steep[k] + 2 * rates[i, 2] * (w[k] - p[k])
        for i, k in enumerate(told["writable"])
    }


SLOPES = {"loss": slopes_by_loss, "terms": slopes_by_terms}


def write(energy, told, p, x):
    w = {k: p[k] for k in told["writable"]}
    for t in range(told["write"]["steps"]):
        change = SLOPES[told["write"]["rates"]](energy, told, p, w, x, t)
        w = {k: w[k] - change[k] for k in w}
    return {**p, **w}


def read(energy, told, p, x, known):
    low, high = told["range"]
    slope = jax.grad(energy, argnums=1)
    rate, momentum = softplus(p["rule.read"][0]), sigmoid(p["rule.momentum"][0])
    v, iterates = None, []
    for k in range(told["read"]["steps"]):
        if k:
            rate, momentum = rate * sigmoid(p["rule.read"][k]), momentum * sigmoid(p["rule.momentum"][k])
        ahead = x if v is None else jnp.clip(x + momentum * v, low, high)
        descent = rate * slope(p, ahead)
        if known is not None:
            descent = descent * (1 - known)
        v = -descent if v is None else momentum * v - descent
        x = jnp.clip(x + v, low, high)
        iterates.append(x)
    return iterates


def episode_loss(told, p, episode):
    energy = summed(told)
    x = episode["patterns"]
    iterates = read(energy, told, write(energy, told, p, x), episode["queries"], episode.get("known"))
    return sum(jnp.mean((y - x) ** 2) for y in iterates)


# Forms: the mean loss of a batch of episodes and its gradient.


def by_vmap(loss, p, batch):
    return jax.value_and_grad(lambda p: jnp.mean(jax.vmap(loss, (None, 0))(p, batch)))(p)


def by_map(loss, p, batch):
    """One episode after another, adding up: less memory than the gradient of lax.map, and never slower."""
    episodes = batch["patterns"].shape[0]

    def add(total, episode):
        return jax.tree.map(jnp.add, total, jax.value_and_grad(loss)(p, episode)), None

    zero = (jnp.zeros(()), jax.tree.map(jnp.zeros_like, p))
    total, _ = jax.lax.scan(add, zero, batch)
    return jax.tree.map(lambda v: v / episodes, total)


def unrolled(loss, p, batch):
    """As by_map, as one long program without a loop."""
    episodes = batch["patterns"].shape[0]
    each = [jax.value_and_grad(loss)(p, {k: v[i] for k, v in batch.items()}) for i in range(episodes)]
    return jax.tree.map(lambda *v: sum(v) / episodes, *each)


FORMS = {"vmap": by_vmap, "map": by_map, "unrolled": unrolled}


def main(path, form, out):
    problem = Problem(path)
    told = problem.told
    settings = told["optimiser"]
    optimiser = optax.chain(
        optax.clip_by_global_norm(settings["clip"]),
        optax.adamw(
            settings["learning_rate"],
            settings["beta1"],
            settings["beta2"],
            settings["epsilon"],
            weight_decay=settings["weight_decay"],
        ),
    )

    def update(p, state, batch):
        loss, gradient = FORMS[form](lambda p, episode: episode_loss(told, p, episode), p, batch)
        updates, state = optimiser.update(gradient, state, p)
        return optax.apply_updates(p, updates), state, (loss, optax.global_norm(gradient))

    batch = jax.tree.map(jnp.asarray, problem.batch)
    # Copies, for the step takes its arguments' memory for its results.
    now = {"p": jax.tree.map(jnp.array, problem.p)}
    now["state"] = optimiser.init(now["p"])

    def prepare():
        now["run"] = jax.jit(update, donate_argnums=(0, 1)).lower(now["p"], now["state"], batch).compile()

    def step():
        now["p"], now["state"], told = jax.block_until_ready(now["run"](now["p"], now["state"], batch))
        return told

    def moments():
        return optax.tree.get(now["state"], "mu")

    versions = {"jax": jax.__version__, "optax": optax.__version__}
    serve(form, versions, prepare, step, moments, out)


main(*sys.argv[1:])
