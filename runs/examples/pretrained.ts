import { compiledEngine, loadRun, memoryOf, tf } from 'ebmm';

const memory = memoryOf(await loadRun('binary-64'), compiledEngine());

// 16 patterns of 128 values, -1 and +1; in the queries the first 30 of each are turned round.
const patterns = tf.sign(tf.randomNormal([16, 128], 0, 1, 'float32', 7));
const known = tf.concat([tf.zeros([16, 30]), tf.ones([16, 98])], 1);
const queries = tf.mul(patterns, tf.sub(tf.mul(known, 2), 1));

const stored = await memory.store(patterns);
const { patterns: recalled } = await stored.recall(queries, { known });

export const wrong = tf.sum(tf.notEqual(tf.sign(recalled), patterns)).arraySync() as number;
console.log(`${wrong} wrong bits of ${16 * 30}, in ${stored.floats} floats`);
