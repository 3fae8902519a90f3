"""One run of a peer of the benchmark `press`: bytes a second, and what came out.

Called as `press.py SIDE FILE…`; ends with 3 where the side's package is not there.
"""

import sys
import time
import warnings

# A peer is slower by far: it reads less, and the rate is what counts.
BYTES = {"spacy-small": 400_000, "spacy-blank": 3_000_000, "quantulum3": 150_000}


def spacy_small():
    """spaCy's small pipeline in its shape: a shared tok2vec, tagger, parser and ner, not trained."""
    import spacy
    from spacy.cli.init_config import init_config
    from spacy.training import Example

    config = init_config(lang="en", pipeline=["tagger", "parser", "ner"], optimize="efficiency")
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    words = ["Police", "seized", "drugs", "."]
    given = {
        "words": words,
        "tags": ["NNP", "VBD", "NNS", "."],
        "heads": [1, 1, 1, 1],
        "deps": ["nsubj", "ROOT", "dobj", "punct"],
        "entities": ["U-ORG", "O", "O", "O"],
    }
    doc = spacy.tokens.Doc(nlp.vocab, words=words)
    nlp.initialize(lambda: [Example.from_dict(doc, given)])
    return lambda text: len(nlp(text))


def spacy_blank():
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return lambda text: len(list(nlp(text).sents))


def quantulum3():
    from quantulum3 import parser

    return lambda text: len(parser.parse(text))


SIDES = {"spacy-small": spacy_small, "spacy-blank": spacy_blank, "quantulum3": quantulum3}


def main():
    side, files = sys.argv[1], sys.argv[2:]
    warnings.simplefilter("ignore")
    texts = [open(file, encoding="utf-8").read() for file in files]
    try:
        read = SIDES[side]()
    except ImportError:
        sys.exit(3)
    read(texts[0])
    size = found = items = 0
    start = time.perf_counter()
    while size < BYTES[side]:
        text = texts[items % len(texts)]
        found += read(text)
        size += len(text.encode())
        items += 1
    seconds = time.perf_counter() - start
    what = {"spacy-small": "tokens", "spacy-blank": "sentences", "quantulum3": "quantities"}[side]
    print(f"{size / seconds} {items} documents, {found} {what}")


if __name__ == "__main__":
    main()
