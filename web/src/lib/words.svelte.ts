// Words and numbers in the language of the page.
import en from '../text/en.json';
import fr from '../text/fr.json';

type Tree = { [key: string]: string | Tree };
export const LANGUAGES = { en: 'English', fr: 'Français' } as const;
export type Language = keyof typeof LANGUAGES;
const TEXTS: Record<Language, Tree> = { en, fr };

function first(): Language {
  const kept = localStorage.getItem('language') ?? navigator.language.slice(0, 2);
  return kept === 'fr' ? 'fr' : 'en';
}

let language = $state<Language>(first());

export const speech = {
  get language() {
    return language;
  },
  set language(next: Language) {
    language = next;
    localStorage.setItem('language', next);
  },
};

function found(path: string, tree: Tree): string | undefined {
  let here: string | Tree | undefined = tree;
  for (const key of path.split('.')) here = typeof here === 'object' ? here[key] : undefined;
  return typeof here === 'string' ? here : undefined;
}

/** The text of a key, with `{name}` replaced; the key's last part where there is none. */
export function t(path: string, values: Record<string, string | number> = {}): string {
  const text = found(path, TEXTS[language]) ?? path.split('.').at(-1)!.replaceAll('_', ' ');
  return text.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}

/** The text of a key, if there is one. */
export function known(path: string): string | undefined {
  return found(path, TEXTS[language]);
}

const formats = new Map<string, Intl.NumberFormat>();
function format(digits: number): Intl.NumberFormat {
  const key = `${language} ${digits}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    });
    formats.set(key, made);
  }
  return made;
}

/** A number with about three digits that count, thousands apart, and a true minus sign. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return t('not_known');
  const size = Math.abs(value);
  if (size < 5e-8) return '0';
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(size)));
  return signed(format(digits).format(value));
}

/** The same with a sign, for changes. */
export function change(value: number | null | undefined): string {
  const text = figure(value);
  return value && value > 5e-8 ? `+${text}` : text;
}

/** A change rounded to a step, a power of ten; with about three digits that count where none is given. */
export function rounded(value: number | null | undefined, step: number | null | undefined): string {
  if (!step || value === null || value === undefined || !Number.isFinite(value)) return change(value);
  const whole = Math.round(value / step) * step;
  const text = signed(format(Math.max(0, Math.min(9, -Math.round(Math.log10(step))))).format(Math.abs(whole)));
  if (Math.abs(whole) < step / 2) return '0';
  return `${value > 0 ? '+' : '\u2212'}${text}`;
}

/** A share in whole percent; never 0 or 100 where it is neither. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return t('not_known');
  const whole = Math.round(100 * value);
  const text = value > 0 && whole < 1 ? '< 1' : value < 1 && whole > 99 ? '> 99' : String(whole);
  return `${text} %`;
}

/** A number as it was put in. */
export function plain(value: number): string {
  const digits = Math.min(6, (String(value).split('.')[1] ?? '').length);
  return signed(format(digits).format(value));
}

function signed(text: string): string {
  return text.replace('-', '\u2212');
}
