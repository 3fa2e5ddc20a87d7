/** @file What `@tensorflow/tfjs` is in the page: its core with all gradients, without layers, converter, data and backends. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';

export * from '@tensorflow/tfjs-core';
