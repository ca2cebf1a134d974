for (const it of document.querySelectorAll('[data-steps="KEY"]:not([data-live])')) {
  const figures = [...it.querySelectorAll('figure')], first = FIRST, last = first + figures.length - 1;
  const form = document.createElement('form'), says = document.createElement('p');
  form.innerHTML = '<button type="button">Back</button><label><span></span>' +
    '<input type="range"></label><button type="button">Next</button>';
  const [back, next] = form.querySelectorAll('button'), slider = form.querySelector('input');
  slider.min = first;
  slider.max = last;
  says.setAttribute('aria-live', 'polite');
  const go = to => {
    const now = Math.max(first, Math.min(last, to)), where = `Step ${now} of ${last}`;
    figures.forEach((figure, i) => { figure.hidden = first + i !== now; });
    slider.value = now;
    slider.setAttribute('aria-valuetext', where);
    form.querySelector('span').textContent = where;
    says.textContent = figures[now - first].querySelector('figcaption').textContent;
    back.setAttribute('aria-disabled', now === first);
    next.setAttribute('aria-disabled', now === last);
  };
  back.onclick = () => go(slider.value - 1);
  next.onclick = () => go(+slider.value + 1);
  slider.oninput = () => go(+slider.value);
  form.onsubmit = () => false;
  /* Slides and JupyterLab have keys of their own: they don't get those pressed here. */
  form.setAttribute('data-lm-suppress-shortcuts', 'true');
  form.onkeydown = event => {
    event.stopPropagation();
    if (event.target === slider) return;
    if (event.key === 'ArrowLeft') back.click();
    if (event.key === 'ArrowRight') next.click();
  };
  for (const figure of figures) figure.querySelector('figcaption').hidden = true;
  it.append(form, says);
  it.dataset.live = '';
  go(first);
}
