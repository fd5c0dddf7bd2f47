/** The style of the documentation page; it stands in no file, so that the built server needs none. */
export const docsStyle = `:root { color-scheme: light dark; --line: light-dark(#d5dae1, #333b46); --soft: light-dark(#5b6675, #9aa7b8);
  --accent: light-dark(#0b6e75, #5fc9cf); }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#fff, #12161c); color: light-dark(#1b222c, #e5eaf1); }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0.6rem 1rem;
  background: inherit; border-bottom: 1px solid var(--line); }
a { color: var(--accent); }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
h3 { margin-bottom: 0.25rem; overflow-wrap: anywhere; }
h4 { margin: 0.75rem 0 0.25rem; color: var(--soft); font-weight: 600; }
article { padding: 0.25rem 0 1rem; border-bottom: 1px solid var(--line); scroll-margin-top: 6rem; }
section, tr { scroll-margin-top: 6rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
tr:target { background: light-dark(#fff3c4, #4a3c06); }
.method { display: inline-block; min-width: 4.5rem; color: var(--accent); }
.scope { margin: 0.25rem 0; color: var(--soft); font-size: 0.9rem; }
`;
