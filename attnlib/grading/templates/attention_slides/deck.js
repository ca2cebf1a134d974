// Each step of a figure is one press of the key that goes on, as if it were a fragment of its slide.
for (const figure of document.querySelectorAll('.slides .attn-steps[data-live]')) {
  const form = figure.querySelector('form'), slider = form.querySelector('input');
  const marks = Array.from({length: slider.max - slider.min}, () => {
    const mark = document.createElement('span');
    mark.className = 'fragment step';
    figure.append(mark);
    return mark;
  });
  // Whoever uses the figure's own buttons takes the slide along.
  const follow = () => {
    const shown = slider.value - slider.min;
    if (shown !== marks.filter(mark => mark.classList.contains('visible')).length) {
      Reveal.navigateFragment(shown ? +marks[shown - 1].dataset.fragmentIndex : marks[0].dataset.fragmentIndex - 1);
    }
  };
  form.addEventListener('click', follow);
  form.addEventListener('input', follow);
  form.addEventListener('pointerup', () => setTimeout(() => document.activeElement.blur()));  // keys go to the deck again
}

const showSteps = () => {
  for (const figure of Reveal.getCurrentSlide().querySelectorAll('.attn-steps[data-live]')) {
    // As large as the slide lets it be; measured when it is seen first.
    const room = figure.parentElement;
    figure.style.zoom ||= Math.min(room.clientWidth / figure.offsetWidth, room.clientHeight / figure.offsetHeight);
    const slider = figure.querySelector('input'), to = +slider.min + figure.querySelectorAll('.step.visible').length;
    if (+slider.value !== to) {
      slider.value = to;
      slider.dispatchEvent(new Event('input'));
    }
  }
};

MathJax.startup.promise.then(() => {
  // The speaker's window hasn't MathJax's styles: there the browser draws formulas itself.
  for (const formula of document.querySelectorAll('aside.notes mjx-container')) {
    formula.replaceWith(formula.querySelector('math'));
  }
  for (const event of ['ready', 'slidechanged', 'fragmentshown', 'fragmenthidden']) Reveal.on(event, showSteps);
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, transition: 'none', backgroundTransition: 'none',
    hash: true, slideNumber: 'c/t', pdfSeparateFragments: false, plugins: [RevealNotes],
  });
});
