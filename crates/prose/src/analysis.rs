//! A text with its tokens, sentences and the meanings of its phrases: what every reader of names, dates,
//! figures and statements starts from.

use std::ops::Range;

use crate::layout::{self, Sentence};
use crate::lexicon::{Lexicon, Sense};
use crate::text::{Block, SourceText};
use crate::token::{Token, Tokens};

/// One text under study.
pub(crate) struct Analysis<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: Tokens,
    pub(crate) sentences: Vec<Sentence>,
    pub(crate) lexicon: &'static Lexicon,
    /// End token and meaning of every phrase, in order of where phrases start.
    senses: Vec<(usize, &'static Sense)>,
    /// Where the phrases of each token start in `senses`.
    starts: Vec<usize>,
    /// The sentence of each token; `usize::MAX` outside the prose.
    sentence_of: Vec<usize>,
}

impl<'a> Analysis<'a> {
    #[cfg(test)]
    pub(crate) fn of(source: &'a SourceText, lexicon: &'static Lexicon) -> Self {
        Self::of_tokens(source, Tokens::of(source.text()), &source.blocks, lexicon)
    }

    /// The analysis of a text that was cut into tokens before.
    pub(crate) fn of_tokens(
        source: &'a SourceText,
        mut tokens: Tokens,
        blocks: &[Block],
        lexicon: &'static Lexicon,
    ) -> Self {
        let text = source.text();
        tokens.cut_headings(text, &lexicon.not_names);
        let sentences = layout::sentences(text, &tokens, blocks, Some(lexicon));
        let mut sentence_of = vec![usize::MAX; tokens.len()];
        for (number, sentence) in sentences.iter().enumerate() {
            if let Some(part) = sentence_of.get_mut(sentence.tokens.clone()) {
                part.fill(number);
            }
        }
        let (mut senses, mut starts) = (Vec::new(), Vec::with_capacity(tokens.len() + 1));
        for at in 0..tokens.len() {
            starts.push(senses.len());
            let sentence = sentence_of.get(at).copied();
            let within = |end: usize| end <= tokens.len() && sentence_of.get(end - 1).copied() == sentence;
            senses.extend(lexicon.at(&tokens, at).filter(|(end, _)| within(*end)));
        }
        starts.push(senses.len());
        Self { text, tokens, sentences, lexicon, senses, starts, sentence_of }
    }

    /// What starts at a token, longer phrases first.
    pub(crate) fn senses(&self, at: usize) -> &[(usize, &'static Sense)] {
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.senses.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The end of the longest phrase at a token that has a meaning.
    pub(crate) fn find(&self, at: usize, wanted: impl Fn(&Sense) -> bool) -> Option<(usize, &'static Sense)> {
        self.senses(at).iter().find(|(_, sense)| wanted(sense)).copied()
    }

    pub(crate) fn is(&self, at: usize, wanted: impl Fn(&Sense) -> bool) -> bool {
        self.find(at, wanted).is_some()
    }

    pub(crate) fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    pub(crate) fn fold(&self, at: usize) -> &str {
        self.tokens.fold(at)
    }

    /// The number of a token's sentence.
    pub(crate) fn sentence_of(&self, at: usize) -> Option<usize> {
        self.sentence_of.get(at).copied().filter(|number| *number != usize::MAX)
    }

    pub(crate) fn sentence(&self, number: usize) -> Option<&Sentence> {
        self.sentences.get(number)
    }

    /// The words of a range of tokens as printed, white space made single.
    pub(crate) fn words(&self, range: &Range<usize>) -> String {
        let shown = self.text.get(self.tokens.place(range)).unwrap_or_default();
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether a token begins as a name does although nothing else asks for a capital there.
    pub(crate) fn is_capital(&self, at: usize) -> bool {
        self.token(at).is_some_and(Token::is_capital)
    }

    /// Whether a token is a word that only starts sentences, or joins others.
    pub(crate) fn is_function_word(&self, at: usize) -> bool {
        self.lexicon.not_names.contains(self.fold(at))
    }
}
