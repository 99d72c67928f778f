import type { Template } from '../support/cloudfront/intrinsics.ts';

/** A template with some of its text replaced, wherever it is. */
export function replaced(pattern: RegExp, by: string): (template: Template) => Template {
  return (template) => {
    const text = JSON.stringify(template);
    const changed = text.replace(pattern, by);
    if (changed === text) throw new Error(`Nothing in the template is ${pattern}`);
    return JSON.parse(changed) as Template;
  };
}
