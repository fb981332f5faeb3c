//! Renders templates, one environment a language. What is not defined is an error, not a gap in a page.

use std::sync::Arc;

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use crate::assets::Assets;
use crate::files::Files;
use crate::format;
use crate::lang::Lang;

/// The templates of one language.
pub(crate) struct Templates(Environment<'static>);

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.into())
}

impl Templates {
    /// Templates in `lang`, whose amounts without a currency are in `currency`.
    pub(crate) fn new(files: &Files, lang: &Arc<Lang>, assets: &Arc<Assets>) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        let files = files.clone();
        environment.set_loader(move |name| {
            let text = files.text(&format!("templates/{name}"));
            text.map_err(|error| wrong(error.to_string()))
        });
        environment.add_global("lang", lang.code.as_str());
        let assets = assets.clone();
        environment.add_function("asset", move |name: &str| {
            let path = assets.path(name).map(Value::from_safe_string);
            path.ok_or_else(|| wrong(format!("there is no asset {name}")))
        });
        words(&mut environment, lang);
        amounts(&mut environment, lang);
        times(&mut environment, lang);
        Self(environment)
    }

    /// Parses all templates.
    ///
    /// # Errors
    /// If one has a fault.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for path in Files::own("templates/") {
            let name = path.trim_start_matches("templates/");
            let parsed = self.0.get_template(name).map(drop);
            parsed.map_err(|error| anyhow::anyhow!("{path}: {error:#}"))?;
        }
        Ok(())
    }

    /// Renders a template.
    ///
    /// # Errors
    /// If it has a fault, or `context` lacks something.
    pub(crate) fn render(&self, name: &str, context: Value) -> Result<String, Error> {
        self.0.get_template(name)?.render(context)
    }
}

/// `t(key, …)` is a text; `word(kind, value)` the name of one of the API's words, `field_name(place)` that of a field.
fn words(environment: &mut Environment<'static>, lang: &Arc<Lang>) {
    let texts = lang.clone();
    environment.add_function("t", move |key: &str, arguments: Kwargs| {
        let names: Vec<String> = arguments.args().map(str::to_owned).collect();
        let filled = names.into_iter().map(|name| {
            let value: Value = arguments.get(&name)?;
            Ok((name, value.to_string()))
        });
        let filled: Vec<_> = filled.collect::<Result<_, Error>>()?;
        let text = texts.text(key, &filled);
        text.ok_or_else(|| wrong(format!("there is no text {key}")))
    });
    let texts = lang.clone();
    // The API may have words that are newer than this console.
    environment.add_function("word", move |kind: &str, value: &str| {
        let text = texts.find(&format!("{kind}.{value}"));
        text.map_or_else(|| value.replace('_', " "), str::to_owned)
    });
    let texts = lang.clone();
    // A place such as `attributes/colour`, `variants/0/sku` or `items.{line}`.
    environment.add_function("field_name", move |place: &str| {
        let last = place.rsplit('/').next().unwrap_or(place);
        let first = place.split(['/', '.']).next().unwrap_or(place);
        let text = [place, last, first]
            .into_iter()
            .find_map(|name| texts.find(&format!("field.{name}")));
        text.map_or_else(|| last.replace('_', " "), str::to_owned)
    });
}

/// `money` is an amount with its currency, `plain` one as it is put into a field.
fn amounts(environment: &mut Environment<'static>, lang: &Arc<Lang>) {
    fn parts(value: &Value) -> Result<(i64, String), Error> {
        let amount = i64::try_from(value.get_attr("amount")?)?;
        Ok((amount, value.get_attr("currency")?.to_string()))
    }
    let code = lang.code.clone();
    environment.add_filter("money", move |value: &Value| {
        parts(value).map(|(amount, currency)| format::money(amount, &currency, &code))
    });
    let code = lang.code.clone();
    environment.add_filter("plain", move |value: &Value| {
        parts(value).map(|(amount, currency)| format::plain(amount, &currency, &code))
    });
    environment.add_function("amount", |amount: i64, currency: &str| {
        Value::from_iter([
            ("amount", Value::from(amount)),
            ("currency", Value::from(currency)),
        ])
    });
}

/// `day` and `time` are a time in RFC 3339 as people write it; `time` is in UTC.
fn times(environment: &mut Environment<'static>, lang: &Arc<Lang>) {
    let day_of = |lang: &Lang, time: &str| {
        let names = lang.find("date.months").unwrap_or_default();
        let months: Vec<_> = names.split(' ').collect();
        format::day(time, &months, &lang.code).ok_or_else(|| wrong(format!("{time} is no time")))
    };
    let texts = lang.clone();
    environment.add_filter("day", move |time: &str| day_of(&texts, time));
    let texts = lang.clone();
    environment.add_filter("time", move |time: &str| {
        let clock = format::clock(time).ok_or_else(|| wrong(format!("{time} is no time")))?;
        Ok::<_, Error>(format!("{}, {clock} UTC", day_of(&texts, time)?))
    });
}

#[cfg(test)]
mod tests;
