// Before the first paint, so that a dark page never flashes light.
document.documentElement.dataset.theme = localStorage.getItem('theme') || 'auto';
