#!/usr/bin/env python3
"""What a report may be: report_check.py html|csv|text|mail FILE [TEXT ...]

Fails unless FILE is inert and well made, and each TEXT is in it, as text.
html --cid: pictures are cid: ones.  Prints what tests ask for, as JSON.
"""
import csv
import email
import email.policy
import json
import re
import sys
from html.parser import HTMLParser

BIDI = '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029'
TAGS = set('''html head meta title style body header main section h1 h2 h3 h4 p
em strong div table caption thead tbody tr th td a bdi time figure figcaption
svg desc text path ol li q code img'''.split())
VOID = {'meta', 'img', 'path'}


def fail(what):
    sys.exit('report_check: ' + what)


def no_controls(text, but='\n'):
    for c in text:
        if (ord(c) < 32 and c not in but) or 0x7f <= ord(c) < 0xa0 or c in BIDI:
            fail('control character %r' % c)


class Page(HTMLParser):
    def __init__(self, cid):
        super().__init__(convert_charrefs=True)
        self.cid, self.open, self.text = cid, [], []
        self.ids, self.refs, self.imgs, self.heads = [], [], [], []
        self.csp = self.style = ''

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag not in TAGS:
            fail('tag <%s>' % tag)
        for name, value in attrs:
            if name.startswith('on') or name in ('style', 'srcdoc', 'srcset',
                                                 'action', 'xlink:href'):
                fail('attribute %s' % name)
            if name == 'href' and not value.startswith('#'):
                fail('href %s' % value)
            if name == 'src':
                want = r'cid:[^\s]+' if self.cid else \
                    r'data:image/jpeg;base64,[A-Za-z0-9+/]+=*'
                if tag != 'img' or not re.fullmatch(want, value):
                    fail('src %.60s' % value)
        if tag == 'meta' and a.get('http-equiv') == 'Content-Security-Policy':
            self.csp = a['content']
        elif tag == 'meta' and 'http-equiv' in a:
            fail('meta %s' % a)
        if tag == 'html' and a.get('lang') != 'en':
            fail('no language')
        if tag == 'th' and a.get('scope') not in ('row', 'col'):
            fail('th without scope')
        if tag == 'img' and not a.get('alt'):
            fail('img without alt')
        if tag == 'svg' and a.get('role') != 'img':
            fail('svg without role')
        if tag == 'img':
            self.imgs.append(a)
        if 'id' in a:
            self.ids.append(a['id'])
        self.refs += a.get('aria-labelledby', '').split()
        if a.get('href'):
            self.refs.append(a['href'][1:])
        if re.fullmatch('h[1-6]', tag):
            self.heads.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID and tag == 'path':
            return
        if not self.open or self.open.pop() != tag:
            fail('</%s> out of place' % tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == 'style':
            self.style += data
        else:
            self.text.append(data)

    def handle_comment(self, data):
        fail('comment')


def check_html(text, cid=False):
    no_controls(text)
    p = Page(cid)
    p.feed(text)
    p.close()
    if p.open:
        fail('open: %s' % p.open)
    if p.csp != "default-src 'none'; img-src data:; style-src 'unsafe-inline'":
        fail('policy %s' % p.csp)
    if re.search(r'url\(|@import|expression', p.style):
        fail('style refers to something')
    for need in ('prefers-color-scheme', '@media print', 'color-scheme'):
        if need not in p.style:
            fail('style lacks ' + need)
    if len(set(p.ids)) != len(p.ids):
        fail('an id twice')
    for ref in p.refs:
        if ref not in p.ids:
            fail('no id %s' % ref)
    for a, b in zip([0] + p.heads, p.heads):
        if b > a + 1:
            fail('h%d after h%d' % (b, a))
    return ''.join(p.text), p.imgs


def check_csv(data):
    text = data.decode()
    if re.search('(?<!\r)\n|\r(?!\n)', text):
        fail('a line end that is not CRLF')
    no_controls(text, '\r\n')
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    for row in rows:
        if len(row) != len(rows[0]):
            fail('%d fields' % len(row))
        for field in row:
            # Also where a semicolon separates the fields.
            for part in re.split('[;|]', field):
                if re.match('[\\s"]*[=+\\-@\uff1d\uff0b\uff0d\uff20]', part):
                    fail('formula %r' % field)
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def check_mail(data):
    head = data.split(b'\r\n\r\n')[0]
    if re.search(b'(?<!\r)\n|\r(?!\n)', data):
        fail('a line end that is not CRLF')
    if max(data) > 0x7e or min(data) < 0x0a:
        fail('not plain ASCII')
    if max(map(len, data.split(b'\r\n'))) > 78:
        fail('a long line')
    if any(len(x) > 76 for x in data[len(head):].split(b'\r\n')):
        fail('a long line in a body')
    m = email.message_from_bytes(data, policy=email.policy.default)
    for part in m.walk():
        if part.defects:
            fail('%s' % part.defects)
    if m.get_content_type() != 'multipart/alternative':
        fail(m.get_content_type())
    text, related = list(m.iter_parts())
    if (text.get_content_type(), related.get_content_type()) != \
            ('text/plain', 'multipart/related'):
        fail('parts')
    page, *pictures = list(related.iter_parts())
    if related.get_param('type') != 'text/html':
        fail('type of related')
    for name in 'Date From To Subject Message-ID MIME-Version'.split():
        if len(m.get_all(name, [])) != 1:
            fail('header %s' % name)
    if m['Auto-Submitted'] != 'auto-generated' or not m['Date'].datetime:
        fail('Auto-Submitted or Date')
    words, imgs = check_html(page.get_content().replace('\r\n', '\n'), True)
    cids = [p['Content-ID'] for p in pictures]
    if sorted('<%s>' % i['src'][4:] for i in imgs) != sorted(cids):
        fail('cid: %s' % cids)
    for p in pictures:
        if p.get_content()[:2] != b'\xff\xd8':
            fail('a picture that is none')
    plain = text.get_content().replace('\r\n', '\n')
    no_controls(plain)
    return {'subject': str(m['Subject']), 'from': str(m['From']),
            'to': str(m['To']), 'text': plain, 'html': words,
            'pictures': len(pictures)}


def main():
    kind, path, texts = sys.argv[1], sys.argv[2], sys.argv[3:]
    data = open(path, 'rb').read()
    if kind == 'html':
        words, imgs = check_html(data.decode())
        print(json.dumps({'text': words, 'pictures': len(imgs),
                          'widths': [int(i['width']) for i in imgs]}))
    elif kind == 'csv':
        rows = check_csv(data)
        words = '\n'.join(x for row in rows for x in row.values())
        print(json.dumps(rows))
    elif kind == 'text':
        words = data.decode()
        no_controls(words)
        if any(len(x) > 80 for x in words.split('\n')):
            fail('a line of more than 80 columns')
        words = re.sub(r'\s+', ' ', words)
    else:
        mail = check_mail(data)
        words = mail['html']
        print(json.dumps(mail))
    for t in texts:
        if t not in words:
            fail('no %r' % t)


main()
