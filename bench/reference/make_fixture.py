"""Makes test/fixtures/meta-gradient.json: meta-losses and meta-gradients of small networks, in float64.

    pip install jax numpy
    python bench/reference/make_fixture.py

An implementation of its own of the energies, of writing and reading and of the meta-objective (Bartunov et al. 2020,
arXiv 1910.02720, section 3 and appendix), one pattern and one episode at a time, differentiated by JAX. The tests compare
every engine of this project with it. Inputs are float32 numbers, made here from fixed seeds.
"""

import json
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

OUT = Path(__file__).parents[2] / "test" / "fixtures" / "meta-gradient.json"
EPISODES, PATTERNS = 2, 3
WRITE_STEPS, READ_STEPS = 2, 2
DIGITS = 9

softplus, sigmoid = jax.nn.softplus, jax.nn.sigmoid
ACTIVATIONS = {
    "tanh": jnp.tanh,
    "softplus": softplus,
    "silu": jax.nn.silu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
}


# Energies of one pattern. Each network gives its parameters' shapes, the names of the written ones, and E(p, x).


def mlp(patternShape, hidden, activation="tanh"):
    widths = [math.prod(patternShape), *hidden, 1]
    layers = len(widths) - 1
    shapes = {}
    for layer in range(1, layers + 1):
        shapes[f"W{layer}"] = (widths[layer - 1], widths[layer])
        if layer < layers:
            shapes[f"b{layer}"] = (widths[layer],)

    def energy(p, x):
        h = x.ravel()
        for layer in range(1, layers):
            h = ACTIVATIONS[activation](h @ p[f"W{layer}"] + p[f"b{layer}"])
        return (h @ p[f"W{layers}"])[0]

    return shapes, list(shapes), energy


def gated_recurrent(patternShape, width, hops, memory):
    """c = tanh([memory(x), static([x, s])]), u = sigmoid(gate([x, s])), s <- u c + (1 - u) s, E = linear(s)."""
    d = math.prod(patternShape)
    shapes = {
        "memory.w": (d, memory),
        "memory.b": (memory,),
        "static.x": (d, width - memory),
        "static.s": (width, width - memory),
        "static.b": (width - memory,),
        "gate.x": (d, width),
        "gate.s": (width, width),
        "gate.b": (width,),
        "energy.w": (width, 1),
    }

    def energy(p, x):
        x = x.ravel()
        s = jnp.zeros(width)
        for _ in range(hops):
            seen = jnp.concatenate([x, s])
            recalled = x @ p["memory.w"] + p["memory.b"]
            static = seen @ jnp.concatenate([p["static.x"], p["static.s"]]) + p["static.b"]
            c = jnp.tanh(jnp.concatenate([recalled, static]))
            u = sigmoid(seen @ jnp.concatenate([p["gate.x"], p["gate.s"]]) + p["gate.b"])
            s = u * c + (1 - u) * s
        return (s @ p["energy.w"])[0]

    return shapes, ["memory.w", "memory.b"], energy


def hopfield_site(patternShape, width):
    """E(x) = sum_i f(x_i, h_i) with h = (W + W^T) x / 2 and f a network of x h, h^2 and x^2."""
    d = math.prod(patternShape)
    shapes = {
        "W": (d, d),
        "site.linear": (1, 3),
        "site.w1": (width, 3),
        "site.b1": (width, 1),
        "site.w2": (width, width),
        "site.b2": (width, 1),
        "site.w3": (1, width),
    }

    def energy(p, x):
        x = x.ravel()
        h = (p["W"] + p["W"].T) @ x / 2

        def site(x, h):
            seen = jnp.array([x * h, h**2, x**2])
            hidden = jnp.tanh(p["site.w1"] @ seen + p["site.b1"][:, 0])
            hidden = jnp.tanh(p["site.w2"] @ hidden + p["site.b2"][:, 0])
            return (p["site.linear"] @ seen + p["site.w3"] @ hidden)[0]

        return jnp.sum(jax.vmap(site)(x, h))

    return shapes, ["W"], energy


def convolve(image, w, b, stride=1):
    dimensions = ("NHWC", "HWIO", "NHWC")
    out = jax.lax.conv_general_dilated(image[None], w, (stride, stride), "SAME", dimension_numbers=dimensions)
    return out[0] + b


def convolutional(patternShape, channels, memory, hops, hidden):
    height, width, colours = patternShape
    (c1, c2, c3), (m2, m3) = channels, memory
    flat = (height // 8) * (width // 8) * c3
    filters = {
        "encode1": (colours, c1),
        "encode2": (c1, c2 - m2),
        "memory2": (c1, m2),
        "encode3": (c2, c3 - m3),
        "memory3": (c2, m3),
        "recur": (c3, c3),
        "gate": (c3, c3),
    }
    shapes = {}
    for name, (inputs, outputs) in filters.items():
        shapes[f"{name}.w"] = (3, 3, inputs, outputs)
        shapes[f"{name}.b"] = (outputs,)
    for name, size in {"norm2": c2, "norm3": c3, "norm4": c3}.items():
        shapes[f"{name}.scale"] = shapes[f"{name}.shift"] = (size,)
    shapes |= {"hidden.w": (flat, hidden), "hidden.b": (hidden,), "energy.w": (hidden, 1)}

    def energy(p, x):
        def layer(name, image, stride=1):
            return convolve(image, p[f"{name}.w"], p[f"{name}.b"], stride)

        def normalised(name, image):
            mean = image.mean(axis=-1, keepdims=True)
            variance = ((image - mean) ** 2).mean(axis=-1, keepdims=True)
            unit = (image - mean) / jnp.sqrt(variance + 1e-5)
            return unit * p[f"{name}.scale"] + p[f"{name}.shift"]

        s = jnp.tanh(layer("encode1", x, 2))
        for level in (2, 3):
            both = [layer(f"encode{level}", s, 2), layer(f"memory{level}", s, 2)]
            s = jnp.tanh(normalised(f"norm{level}", jnp.concatenate(both, axis=-1)))
        for _ in range(hops):
            u = sigmoid(layer("gate", s))
            s = u * jnp.tanh(normalised("norm4", layer("recur", s))) + (1 - u) * s
        return (jnp.tanh(s.ravel() @ p["hidden.w"] + p["hidden.b"]) @ p["energy.w"])[0]

    return shapes, ["memory2.w", "memory2.b", "memory3.w", "memory3.b"], energy


def coded_slots(patternShape, slots, code, width, noise, halvings=0, tied=False):
    """E(x) = sum_i (1 - r_i) (x_i - g_i)^2 / 2 over a table of codes; halvings are those of the fixture: none."""
    height, wide, colours = patternShape
    d = height * wide * colours
    filters = {
        **({"trust1": (2 * colours, width, 5), "trust2": (width, width, 3)} if noise else {}),
        **({"trust3": (width, 2 * width, 3), "trust4": (2 * width, 2 * width, 3)} if noise else {}),
        **({"trust5": (3 * width, width, 3), "trust6": (width, 4, 3)} if noise else {}),
        "decode1": (3 * colours, width, 3),
        "decode2": (width, 2 * width, 3),
        "decode3": (2 * width, 2 * width, 3),
        "decode4": (2 * width, 2 * width, 3),
        "decode5": (3 * width, width, 3),
        "decode6": (width, colours + noise, 3),
    }
    shapes = {"M": (slots, code), "mean": (d,), "decode.w": (code, d)}
    if not tied:
        shapes["code.w"] = (d, code)
    shapes |= {"square": (1,), "one": (1,), "sharpness": (1,)}
    for name, (inputs, outputs, side) in filters.items():
        shapes[f"{name}.w"] = (side, side, inputs, outputs)
        shapes[f"{name}.b"] = (outputs,)
    silu = jax.nn.silu

    def enlarged(image):
        return jnp.repeat(jnp.repeat(image, 2, axis=0), 2, axis=1)

    def energy(p, x):
        def layer(name, image, stride=1):
            return convolve(image, p[f"{name}.w"], p[f"{name}.b"], stride)

        weights = p["square"][0] * x**2 + p["one"][0]
        heard = x
        if noise:
            near = silu(layer("trust2", silu(layer("trust1", jnp.concatenate([x, x**2], axis=-1), 2))))
            far = enlarged(silu(layer("trust4", silu(layer("trust3", near, 2)))))
            four = layer("trust6", silu(layer("trust5", jnp.concatenate([near, far], axis=-1))))
            # The four channels of a square are its corners, row by row.
            logits = four.reshape(height // 2, wide // 2, 2, 2).transpose(0, 2, 1, 3).reshape(height, wide, 1)
            weights = weights * sigmoid(logits)
            heard = sigmoid(logits) * x
        images = p["M"] @ p["decode.w"] + p["mean"]
        distances = ((x.ravel() - images) ** 2) @ weights.ravel()
        empty = 1e4 * 1e-7 / (jnp.sum(p["M"] ** 2, axis=1) + 1e-7)
        attention = jax.nn.softmax(-softplus(p["sharpness"][0]) * distances - empty)
        rough = (attention @ p["M"] @ p["decode.w"] + p["mean"]).reshape(patternShape)
        c1 = silu(layer("decode1", jnp.concatenate([rough, heard, rough * heard], axis=-1)))
        c2 = silu(layer("decode2", c1, 2))
        c4 = silu(layer("decode4", silu(layer("decode3", c2))))
        out = layer("decode6", silu(layer("decode5", jnp.concatenate([c1, enlarged(c2 + c4)], axis=-1))))
        error = (x - rough - out[..., :colours]) ** 2
        if noise:
            error = error * sigmoid(-out[..., colours:] - (logits - 2))
        return jnp.sum(error) / 2

    def writing(p, x, n):
        by = p["decode.w"].T if tied else p["code.w"]
        return jnp.sum(((x.ravel() - p["mean"]) / (d / 4) @ by - p["M"][n]) ** 2) / 2

    return shapes, ["M"], energy, writing


NETWORKS = {
    "coded-slots": coded_slots,
    "mlp": mlp,
    "gated-recurrent": gated_recurrent,
    "hopfield-site": hopfield_site,
    "convolutional": convolutional,
}


# Writing, reading and the objective, of one pattern and one episode.


def write(energy, written, rule, p, patterns, writing=None):
    """
    T steps down the mean of E, of |grad_x E|^2 and |theta - theta_0|^2, each with rates of its own. writing: an energy of its own, of a
    pattern and its place among the others, for a memory that starts empty.
    """
    initial = {name: p[name] * (0 if writing else 1) for name in written}
    places = jnp.arange(len(patterns))
    written_energy = writing or (lambda p, x, n: energy(p, x))
    divisor = len(patterns) if rule["divisor"] == "patterns" else rule["divisor"]

    def merged(theta):
        return {**p, **theta}

    def terms(theta):
        energies = jnp.sum(jax.vmap(lambda x, n: written_energy(merged(theta), x, n))(patterns, places)) / divisor
        slopes = jax.vmap(lambda x, n: jax.grad(written_energy, argnums=1)(merged(theta), x, n))(patterns, places)
        slopes = jnp.sum(slopes**2) / divisor
        distance = sum(jnp.sum((theta[name] - initial[name]) ** 2) for name in written)
        return energies, slopes, distance

    theta = initial
    for t in range(WRITE_STEPS):
        by_term = [jax.grad(lambda w, i=i: terms(w)[i])(theta) for i in range(3)]
        if rule["rates"] == "terms":
            rates = softplus(p["rule.write"][t if rule["per_step"] else 0])
        else:
            alpha, beta = softplus(p["rule.weights"])
            rates = jnp.array([[1, alpha, beta]] * len(written)) * softplus(p["rule.write"][t])
        theta = {
            name: theta[name] - sum(rates[i, term] * by_term[term][name] for term in range(3))
            for i, name in enumerate(written)
        }
    return merged(theta)


def clip(x, low, high):
    """With slope one on the boundary too."""
    return jnp.where((x >= low) & (x <= high), x, jax.lax.stop_gradient(jnp.clip(x, low, high)))


def read(energy, rule, p, query, known):
    """K steps of projected Nesterov descent."""
    gammas, psis = [softplus(p["rule.read"][0])], [sigmoid(p["rule.momentum"][0])]
    for k in range(1, READ_STEPS):
        gammas.append(gammas[-1] * sigmoid(p["rule.read"][k]))
        psis.append(psis[-1] * sigmoid(p["rule.momentum"][k]))
    x, v = query, jnp.zeros_like(query)
    iterates = []
    for gamma, psi in zip(gammas, psis):
        ahead = clip(x + psi * v, *rule["range"])
        v = psi * v - gamma * jax.grad(energy, argnums=1)(p, ahead) * (1 - known)
        x = clip(x + v, *rule["range"])
        iterates.append(x)
    return iterates


def objective(energy, written, rule, p, patterns, queries, known, writing=None):
    """Mean squared error of an entry, summed over the K iterates, averaged over patterns and episodes."""

    def of_episode(patterns, queries, known):
        theta = write(energy, written, rule, p, patterns, writing)

        def of_pattern(pattern, query, known):
            return sum(jnp.mean((x - pattern) ** 2) for x in read(energy, rule, theta, query, known))

        return jnp.mean(jax.vmap(of_pattern)(patterns, queries, known))

    return jnp.mean(jax.vmap(of_episode)(patterns, queries, known))


# Cases.


def make_case(seed, title, network, options, known=False, scale=1.0, speed=0.0, given=None, **changes):
    """scale: of the parameters; speed: added to the raw step size of reading; given: some parameters; changes: of the rule."""
    random = np.random.default_rng(seed)
    rule = {"range": [-1, 1], "rates": "terms", "per_step": True, "divisor": "patterns", **changes}
    shapes, written, energy, *writing = NETWORKS[network](**options)
    parameters = {}
    for name, shape in shapes.items():
        fan = math.prod(shape[:-1]) if len(shape) > 1 else 4
        parameters[name] = random.normal(0, scale / math.sqrt(fan), shape)
    for name in shapes:
        if name.endswith(".scale"):
            parameters[name] += 1
        if name in (given or {}):
            parameters[name] = np.array(given[name], float)
    parameters["rule.read"] = random.uniform(-0.5, 1, READ_STEPS)
    parameters["rule.read"][0] += speed
    parameters["rule.momentum"] = random.uniform(-0.5, 1, READ_STEPS)
    if rule["rates"] == "terms":
        rates = (WRITE_STEPS if rule["per_step"] else 1, len(written), 3)
        parameters["rule.write"] = random.uniform(-2.5, -0.5, rates)
    else:
        parameters["rule.write"] = random.uniform(-2, 0, WRITE_STEPS)
        parameters["rule.weights"] = random.uniform(-2, 0, 2)
    batch = (EPISODES, PATTERNS, *options["patternShape"])
    patterns = random.choice([-1.0, 1.0], batch) * random.uniform(0.6, 1, batch)
    queries = np.where(random.random(batch) < 0.5, patterns, random.uniform(-0.9, 0.9, batch))
    mask = (queries == patterns).astype(float) if known else np.zeros(batch)
    parameters, patterns, queries = jax.tree.map(lambda a: np.float64(np.float32(a)), (parameters, patterns, queries))

    def loss(p):
        return objective(energy, written, rule, p, jnp.array(patterns), jnp.array(queries), jnp.array(mask), *writing)

    # Not jitted: compiling third-order graphs takes many minutes, running them once takes seconds.
    value, gradients = jax.value_and_grad(loss)(parameters)
    return {
        "title": title,
        "network": network,
        "options": options,
        "rule": rule,
        "steps": {"write": WRITE_STEPS, "read": READ_STEPS},
        "shape": batch[:2],
        "patterns": rounded(patterns),
        "queries": rounded(queries),
        **({"known": rounded(mask)} if known else {}),
        "parameters": {k: {"shape": list(v.shape), "values": rounded(v)} for k, v in parameters.items()},
        "loss": rounded(value)[0],
        "gradients": {name: rounded(gradients[name]) for name in parameters},
    }


def rounded(values):
    return [float(f"{v:.{DIGITS}g}") for v in np.ravel(values)]


def main():
    small = {"patternShape": [6], "hidden": [5, 4]}
    image = {"patternShape": [8, 16, 1], "channels": [2, 4, 4], "memory": [1, 1], "hops": 1, "hidden": 4}
    loud = {"energy.w": [[4], [-3], [3], [-4]]}
    coded = {"patternShape": [4, 4, 1], "slots": 4, "code": 3, "width": 2, "halvings": 0}
    # Attention neither all on one row nor even.
    quiet = {"square": [0.6], "one": [0.3], "sharpness": [-1.5]}
    cases = [
        make_case(1, "an MLP of tanh, rates of terms", "mlp", small),
        make_case(2, "an MLP of tanh, one rate", "mlp", small, rates="loss"),
        make_case(3, "an MLP of softplus", "mlp", {**small, "activation": "softplus"}),
        make_case(4, "an MLP of SiLU", "mlp", {**small, "activation": "silu"}, scale=1.5),
        make_case(5, "an MLP of GELU", "mlp", {**small, "activation": "gelu"}),
        make_case(6, "gated recurrent", "gated-recurrent", {"patternShape": [6], "width": 5, "hops": 3, "memory": 2}),
        make_case(7, "convolutional", "convolutional", image, scale=1.5, speed=4, given=loud),
        make_case(
            8,
            "Hopfield with sites, clamped",
            "hopfield-site",
            {"patternShape": [6], "width": 4},
            known=True,
            speed=-1,
            given={"site.linear": [[-0.45, 0.1, 0.25]]},
        ),
        make_case(
            9,
            "Hopfield with sites, rates for all steps",
            "hopfield-site",
            {"patternShape": [6], "width": 4},
            speed=-1,
            given={"site.linear": [[-0.4, -0.1, 0.2]]},
            per_step=False,
            divisor=5,
        ),
        make_case(10, "coded slots, not told", "coded-slots", {**coded, "noise": True}, given=quiet),
        make_case(11, "coded slots, tied, clamped", "coded-slots", {**coded, "noise": False, "tied": True}, known=True, given=quiet),
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    for case in cases:
        largest = {name: f"{max(map(abs, g)):.1e}" for name, g in case["gradients"].items()}
        print(case["title"], case["loss"], largest)
    print(f"{OUT}: {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
