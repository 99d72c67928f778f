import { createApp } from '../lib/package-index-app.ts';
import { SettingsError } from '../lib/settings.ts';

try {
  createApp().synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
