//! Puts mutants into Rust sources as switches: every mutant in one build, each turned on by its number.
//!
//! `zollverein-mutants ROOT COPY DROPPED FILE...` reads each file under ROOT and writes it with switches under COPY;
//! the numbers listed in the file DROPPED are left out. What each switch is goes to standard output, one a line:
//! number, file, line, what it does, function, and where in the copy its changed branch and its whole expression are.
//!
//! The changes are those of cargo-mutants: a function returns at once with a plain value of its type, an operator
//! becomes another, a sign or a `!` goes, a guard always or never holds, an arm goes where a wildcard takes over.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A text to put into the source at a place; `marks` are the parts of it that a mutant changed.
struct Edit {
    at: usize,
    /// At one place, ends come before beginnings, inner ends before outer ones.
    rank: (bool, isize),
    text: String,
    marks: Vec<(usize, Range<usize>)>,
}

/// A mutant, found at a line.
struct Mutant {
    number: usize,
    line: usize,
    what: String,
    function: String,
    /// The expression in the source that holds the switch.
    whole: Range<usize>,
}

struct Finder<'a> {
    source: &'a str,
    next: usize,
    dropped: &'a [usize],
    function: Vec<String>,
    edits: Vec<Edit>,
    mutants: Vec<Mutant>,
}

fn on(number: usize) -> String {
    format!("crate::mutant::on({number})")
}

/// Whether attributes or qualifiers make code that is no part of the program, or runs when it is compiled.
fn left_out(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        path.is_ident("test")
            || path.is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test"))
    })
}

/// Values that a function of a return type can return at once.
fn values(kind: &syn::Type) -> Vec<String> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match kind {
        syn::Type::Tuple(tuple) => tuple
            .elems
            .iter()
            .map(values)
            .fold(vec![String::new()], |so_far, next| {
                so_far
                    .iter()
                    .flat_map(|head| next.iter().map(move |value| format!("{head}{value}, ")))
                    .collect()
            })
            .into_iter()
            .map(|inner| format!("({inner})"))
            .collect(),
        syn::Type::Array(array) => values(&array.elem).iter().map(|value| format!("[{value}; _]")).collect(),
        syn::Type::Reference(reference) => match &*reference.elem {
            syn::Type::Path(path) if path.path.is_ident("str") => texts(&["\"\"", "\"xyzzy\""]),
            syn::Type::Slice(slice) => {
                let leak = |value: &String| format!("Vec::leak(vec![{value}])");
                [vec!["Vec::leak(Vec::new())".to_owned()], values(&slice.elem).iter().map(leak).collect()]
                    .concat()
            }
            other => values(other).iter().map(|value| format!("Box::leak(Box::new({value}))")).collect(),
        },
        syn::Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Vec::new() };
            let inner: Vec<&syn::Type> = match &last.arguments {
                syn::PathArguments::AngleBracketed(list) => list
                    .args
                    .iter()
                    .filter_map(|argument| {
                        if let syn::GenericArgument::Type(kind) = argument { Some(kind) } else { None }
                    })
                    .collect(),
                _ => Vec::new(),
            };
            let wrapped = |before: &str, after: &str| -> Vec<String> {
                inner
                    .first()
                    .map_or(Vec::new(), |kind| values(kind))
                    .iter()
                    .map(|value| format!("{before}{value}{after}"))
                    .collect()
            };
            match last.ident.to_string().as_str() {
                "bool" => texts(&["true", "false"]),
                "f64" | "f32" => texts(&["0.0", "1.0", "-1.0"]),
                "usize" | "u8" | "u16" | "u32" | "u64" => texts(&["0", "1"]),
                "isize" | "i8" | "i16" | "i32" | "i64" => texts(&["0", "1", "-1"]),
                "String" => texts(&["String::new()", "\"xyzzy\".into()"]),
                "Option" => [texts(&["None"]), wrapped("Some(", ")")].concat(),
                "Result" => wrapped("Ok(", ")"),
                "Vec" => [texts(&["Vec::new()"]), wrapped("vec![", "]")].concat(),
                name @ ("Box" | "Arc" | "Rc") => wrapped(&format!("{name}::new("), ")"),
                "Cow" => wrapped("std::borrow::Cow::Owned((", ").to_owned())"),
                _ => texts(&["Default::default()"]),
            }
        }
        _ => Vec::new(),
    }
}

fn holds_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => holds_let(&binary.left) || holds_let(&binary.right),
        syn::Expr::Paren(paren) => holds_let(&paren.expr),
        _ => false,
    }
}

impl Finder<'_> {
    fn text(&self, range: Range<usize>) -> &str {
        &self.source[range]
    }

    /// A new mutant; `None` where it was dropped.
    fn mutant(&mut self, line: usize, what: String, whole: Range<usize>) -> Option<usize> {
        self.next += 1;
        if self.dropped.binary_search(&self.next).is_ok() {
            return None;
        }
        let function = self.function.join("::");
        self.mutants.push(Mutant { number: self.next, line, what, function, whole });
        Some(self.next)
    }

    fn edit(&mut self, at: usize, opens: bool, text: String, marks: Vec<(usize, Range<usize>)>) {
        let order = isize::try_from(self.edits.len()).unwrap_or(isize::MAX);
        self.edits.push(Edit { at, rank: (opens, if opens { order } else { -order }), text, marks });
    }

    /// An expression that becomes `if on(n) { other } else { itself }` for each other text.
    fn switch(&mut self, expression: &syn::Expr, line: usize, others: Vec<(String, String)>) {
        let whole = expression.span().byte_range();
        let mut text = String::from("(");
        let mut marks = Vec::new();
        for (what, other) in others {
            if let Some(number) = self.mutant(line, what, whole.clone()) {
                let _ = write!(text, "if {} {{ ", on(number));
                let begins = text.len();
                text.push_str(&other);
                marks.push((number, begins..text.len()));
                text.push_str(" } else ");
            }
        }
        if !marks.is_empty() {
            text.push('{');
            self.edit(whole.start, true, text, marks);
            self.edit(whole.end, false, "})".to_owned(), Vec::new());
        }
    }

    fn body(&mut self, name: &syn::Ident, output: &syn::ReturnType, block: &syn::Block) {
        if block.stmts.is_empty() {
            return;
        }
        let values = match output {
            syn::ReturnType::Default => vec!["()".to_owned()],
            syn::ReturnType::Type(_, kind) => values(kind),
        };
        let whole = block.span().byte_range();
        let was = self.text(whole.clone()).trim_matches(['{', '}', ' ', '\n']).to_owned();
        for value in values.into_iter().filter(|value| *value != was) {
            let line = name.span().start().line;
            if let Some(number) = self.mutant(line, format!("returns {value}"), whole.clone()) {
                let before = format!(" if {} {{ return ", on(number));
                let mark = before.len()..before.len() + value.len();
                let at = block.brace_token.span.open().byte_range().end;
                self.edit(at, true, format!("{before}{value}; }}"), vec![(number, mark)]);
            }
        }
    }

    fn inside(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.function.push(name);
        visit(self);
        self.function.pop();
    }
}

impl<'a> Visit<'a> for Finder<'_> {
    // what runs when the program is compiled, or is no expression
    fn visit_item_const(&mut self, _: &'a syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'a syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'a syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'a syn::TraitItemConst) {}
    fn visit_item_enum(&mut self, _: &'a syn::ItemEnum) {}
    fn visit_type(&mut self, _: &'a syn::Type) {}
    fn visit_pat(&mut self, _: &'a syn::Pat) {}
    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}
    fn visit_generic_argument(&mut self, _: &'a syn::GenericArgument) {}

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if !left_out(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_impl(&mut self, block: &'a syn::ItemImpl) {
        let shows =
            block.trait_.as_ref().and_then(|(_, path, _)| path.segments.last()).is_some_and(|last| {
                last.ident == "Debug" || last.ident == "Display" || last.ident == "Default"
            });
        if shows || left_out(&block.attrs) {
            return;
        }
        let name = self.text(block.self_ty.span().byte_range()).to_owned();
        self.inside(name, |finder| visit::visit_item_impl(finder, block));
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        if function.sig.constness.is_none() && !left_out(&function.attrs) {
            self.inside(function.sig.ident.to_string(), |finder| {
                finder.body(&function.sig.ident, &function.sig.output, &function.block);
                visit::visit_item_fn(finder, function);
            });
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        if function.sig.constness.is_none() && !left_out(&function.attrs) {
            self.inside(function.sig.ident.to_string(), |finder| {
                finder.body(&function.sig.ident, &function.sig.output, &function.block);
                visit::visit_impl_item_fn(finder, function);
            });
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'a syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.inside(function.sig.ident.to_string(), |finder| {
                finder.body(&function.sig.ident, &function.sig.output, block);
                visit::visit_trait_item_fn(finder, function);
            });
        }
    }

    fn visit_expr_repeat(&mut self, repeat: &'a syn::ExprRepeat) {
        self.visit_expr(&repeat.expr); // its length may be a constant
    }

    fn visit_expr_match(&mut self, expression: &'a syn::ExprMatch) {
        let wild = |arm: &syn::Arm| matches!(arm.pat, syn::Pat::Wild(_)) && arm.guard.is_none();
        let falls = expression.arms.iter().any(wild);
        for arm in &expression.arms {
            let line = arm.pat.span().start().line;
            let at = arm.pat.span().byte_range();
            if let Some((_, guard)) = &arm.guard {
                let whole = guard.span().byte_range();
                if !holds_let(guard) {
                    let never = self.mutant(line, "guard never holds".to_owned(), whole.clone());
                    let always = self.mutant(line, "guard always holds".to_owned(), whole.clone());
                    let never = never.map_or("true".to_owned(), |number| format!("!{}", on(number)));
                    let always = always.map_or("false".to_owned(), on);
                    self.edit(whole.start, true, format!("{never} && ({always} || "), Vec::new());
                    self.edit(whole.end, false, ")".to_owned(), Vec::new());
                }
            } else if falls
                && !wild(arm)
                && let Some(number) = self.mutant(line, "arm is gone".to_owned(), at.clone())
            {
                self.edit(at.end, false, format!(" if !{}", on(number)), Vec::new());
            }
        }
        visit::visit_expr_match(self, expression);
    }

    fn visit_expr(&mut self, expression: &'a syn::Expr) {
        match expression {
            syn::Expr::Const(_) => return,
            syn::Expr::Binary(binary) => {
                use syn::BinOp as Op;
                let others: &[&str] = match binary.op {
                    Op::Eq(_) => &["!="],
                    Op::Ne(_) => &["=="],
                    Op::And(_) if !holds_let(expression) => &["||"],
                    Op::Or(_) => &["&&"],
                    Op::Lt(_) => &["==", ">", "<="],
                    Op::Gt(_) => &["==", "<", ">="],
                    Op::Le(_) => &[">"],
                    Op::Ge(_) => &["<"],
                    Op::Add(_) => &["-", "*"],
                    Op::Sub(_) | Op::Mul(_) => &["+", "/"],
                    Op::Div(_) => &["%", "*"],
                    Op::Rem(_) => &["/", "+"],
                    Op::Shl(_) => &[">>"],
                    Op::Shr(_) => &["<<"],
                    Op::BitAnd(_) => &["|", "^"],
                    Op::BitOr(_) => &["&", "^"],
                    Op::BitXor(_) => &["|", "&"],
                    Op::AddAssign(_) => &["-=", "*="],
                    Op::SubAssign(_) | Op::MulAssign(_) => &["+=", "/="],
                    Op::DivAssign(_) => &["%=", "*="],
                    Op::BitOrAssign(_) => &["&="],
                    Op::BitAndAssign(_) => &["|="],
                    _ => &[],
                };
                let (a, b) =
                    (self.text(binary.left.span().byte_range()), self.text(binary.right.span().byte_range()));
                let was = self.text(binary.op.span().byte_range());
                let assigns = was.ends_with('=') && !matches!(was, "==" | "!=" | "<=" | ">=");
                let a = if assigns { a.to_owned() } else { format!("({a})") };
                let change = |other: &&str| (format!("{was} becomes {other}"), format!("{a} {other} ({b})"));
                let others: Vec<_> = others.iter().map(change).collect();
                self.switch(expression, binary.op.span().start().line, others);
            }
            syn::Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_) | syn::UnOp::Not(_)) => {
                let was = self.text(unary.op.span().byte_range());
                let other = (format!("{was} is gone"), self.text(unary.expr.span().byte_range()).to_owned());
                self.switch(expression, unary.op.span().start().line, vec![other]);
            }
            _ => {}
        }
        visit::visit_expr(self, expression);
    }
}

/// A source with its edits.
struct Rewritten {
    text: String,
    /// Where the changed branch of each mutant is.
    marks: Vec<(usize, Range<usize>)>,
    /// Places of the source and where they went.
    shifts: Vec<(usize, usize)>,
}

fn rewritten(source: &str, edits: &mut [Edit]) -> Rewritten {
    edits.sort_by_key(|edit| (edit.at, edit.rank));
    let (mut text, mut marks, mut shifts, mut from) = (String::new(), Vec::new(), Vec::new(), 0);
    for edit in edits {
        text.push_str(&source[from..edit.at]);
        marks.extend(
            edit.marks.iter().map(|(n, range)| (*n, text.len() + range.start..text.len() + range.end)),
        );
        text.push_str(&edit.text);
        from = edit.at;
        shifts.push((from, text.len()));
    }
    text.push_str(&source[from..]);
    Rewritten { text, marks, shifts }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, copy, dropped, files @ ..] = &arguments[..] else {
        return Err("usage: zollverein-mutants ROOT COPY DROPPED FILE...".into());
    };
    let mut dropped: Vec<usize> =
        std::fs::read_to_string(dropped)?.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    dropped.sort_unstable();
    let mut next = 0;
    for file in files {
        let source = std::fs::read_to_string(Path::new(root).join(file))?;
        let mut finder = Finder {
            source: &source,
            next,
            dropped: &dropped,
            function: Vec::new(),
            edits: Vec::new(),
            mutants: Vec::new(),
        };
        finder.visit_file(&syn::parse_file(&source).map_err(|error| format!("{file}: {error}"))?);
        next = finder.next;
        let Rewritten { text, marks, shifts } = rewritten(&source, &mut finder.edits);
        std::fs::write(Path::new(copy).join(file), text)?;
        let place = |at: usize| {
            let before = shifts.partition_point(|(from, _)| *from <= at);
            before.checked_sub(1).map_or(at, |index| shifts[index].1 + at - shifts[index].0)
        };
        for Mutant { number, line, what, function, whole } in &finder.mutants {
            let none = 0..0;
            let mark = marks.iter().find(|(marked, _)| marked == number).map_or(&none, |(_, range)| range);
            let (from, to) = (place(whole.start.saturating_sub(1)), place(whole.end));
            println!(
                "{number}\t{file}\t{line}\t{what}\t{function}\t{}\t{}\t{from}\t{to}",
                mark.start, mark.end
            );
        }
    }
    Ok(())
}
