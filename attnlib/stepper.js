for (const it of document.querySelectorAll('[data-steps="KEY"]:not([data-live])')) {
  const figures = [...it.querySelectorAll('figure')], last = figures.length - 1;
  const form = document.createElement('form'), says = document.createElement('p');
  form.innerHTML = '<button type="button">Back</button><label><span></span>' +
    '<input type="range" min="1" value="1"></label><button type="button">Next</button>';
  const [back, next] = form.querySelectorAll('button'), slider = form.querySelector('input');
  slider.max = last + 1;
  says.setAttribute('aria-live', 'polite');
  const go = to => {
    const now = Math.max(0, Math.min(last, to)), where = `Step ${now + 1} of ${last + 1}`;
    figures.forEach((figure, i) => { figure.hidden = i !== now; });
    slider.value = now + 1;
    slider.setAttribute('aria-valuetext', where);
    form.querySelector('span').textContent = where;
    says.textContent = figures[now].querySelector('figcaption').textContent;
    back.setAttribute('aria-disabled', now === 0);
    next.setAttribute('aria-disabled', now === last);
  };
  back.onclick = () => go(slider.value - 2);
  next.onclick = () => go(+slider.value);
  slider.oninput = () => go(slider.value - 1);
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
  go(0);
}
