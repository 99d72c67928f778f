import { defineConfig } from 'vitest/config';
import { viteHandlebars } from './build/handlebars.mjs';

export default defineConfig({
  plugins: [viteHandlebars],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/without-settings.ts', 'test/support/build-once.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: [
        'core/**/*.ts',
        'stores/**/*.ts',
        'server/**/*.ts',
        'cli/**/*.ts',
        'lambda/**/*.ts',
        'lib/**/*.ts',
      ],
      reporter: ['text', 'json-summary'],
    },
  },
});
