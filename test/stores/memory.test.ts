import { describe } from 'vitest';
import { MemoryStore } from '../../stores/memory.ts';
import { describeStore } from './contract.ts';

describe('the memory store', () => {
  describeStore(
    async () => new MemoryStore(),
    (store) => store,
  );
});
