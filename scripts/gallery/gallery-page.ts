// The page to leaf through the screenshots of npm run gallery.

/** A screenshot. */
export type Picture = { name: string; language: string; look: string; width: number; file: string; faults: string[] };

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Makes the page: one section for each page or mail, and a choice of language and look. */
export function galleryPage(pictures: Picture[]): string {
  const names = [...new Set(pictures.map(({ name }) => name))];
  const choices = (key: 'language' | 'look'): string =>
    [...new Set(pictures.map((picture) => picture[key]))]
      .map((value, index) => {
        const checked = index === 0 ? ' checked' : '';
        return `<label><input type="radio" name="${key}" value="${escape(value)}"${checked}> ${escape(value)}</label>`;
      })
      .join(' ');
  const figure = ({ language, look, width, file, faults }: Picture): string =>
    `<figure data-language="${language}" data-look="${escape(look)}">
      <figcaption>${width} px${faults.map((fault) => ` <b>${escape(fault)}</b>`).join('')}</figcaption>
      <a href="${escape(file)}"><img src="${escape(file)}" loading="lazy" alt="" width="${Math.round(width / 2)}"></a>
    </figure>`;
  const sections = names.map(
    (name) =>
      `<section id="${escape(name)}"><h2>${escape(name)}</h2><div>${pictures
        .filter((picture) => picture.name === name)
        .map(figure)
        .join('')}</div></section>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Gallery</title>
<style>
  body { margin: 0; font-family: sans-serif }
  header { position: sticky; top: 0; padding: 8px 16px; background: #fff; border-bottom: 1px solid #ccc }
  section { padding: 0 16px }
  section > div { display: flex; gap: 16px; align-items: flex-start; overflow-x: auto }
  figure { margin: 0 }
  figure[hidden] { display: none }
  img { border: 1px solid #ccc }
  b { color: #ce0000 }
</style>
<header>${choices('language')} – ${choices('look')} – <select aria-label="Page">${names.map((name) => `<option>${escape(name)}</option>`).join('')}</select></header>
${sections.join('\n')}
<script>
  const show = () => {
    const chosen = Object.fromEntries(new FormData(form()));
    for (const figure of document.querySelectorAll('figure'))
      figure.hidden = figure.dataset.language !== chosen.language || figure.dataset.look !== chosen.look;
  };
  const form = () => {
    const form = document.createElement('form');
    for (const input of document.querySelectorAll('header input:checked')) form.append(input.cloneNode());
    for (const input of form.elements) input.checked = true;
    return form;
  };
  document.querySelector('header').addEventListener('change', show);
  document.querySelector('select').addEventListener('change', (event) => document.getElementById(event.target.value).scrollIntoView());
  show();
</script>
</html>
`;
}
