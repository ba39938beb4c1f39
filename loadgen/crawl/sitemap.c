// SPDX-License-Identifier: GPL-2.0-only
#include <libxml/xmlreader.h>
#include <limits.h>
#include <string.h>

#include "loadgen/crawl/sitemap.h"
#include "loadgen/crawl/url.h"

static int scan_lines(const char *text, size_t len,
		      int (*found)(void *arg, const char *url, bool index), void *arg)
{
	const char *end = text + len;
	int status = 0;

	while (text < end && !status) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((stop ? stop : end) - text);
		char url[CRAWL_URL_MAX + 1];

		if (line >= 4 && line < sizeof(url) && memcmp(text, "http", 4) == 0) {
			memcpy(url, text, line);
			url[line] = '\0';
			url[strcspn(url, "\r")] = '\0';
			status = found(arg, url, false);
		}
		text += line + 1;
	}
	return status;
}

/* The text inside the <loc> that @reader stands on. */
static int read_loc(xmlTextReaderPtr reader, bool index,
		    int (*found)(void *arg, const char *url, bool index), void *arg)
{
	char *url = (char *)xmlTextReaderReadString(reader);
	int status = url ? found(arg, url, index) : 0;

	xmlFree(url);
	return status;
}

int sitemap_scan(const char *text, size_t len, int (*found)(void *arg, const char *url, bool index),
		 void *arg)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	xmlTextReaderPtr reader;
	bool index = false;
	int status = 0;

	if (!len || len > INT_MAX)
		return 0;
	if (!memchr(text, '<', len))
		return scan_lines(text, len, found, arg);
	reader = xmlReaderForMemory(text, (int)len, NULL, NULL, options);
	while (reader && !status && xmlTextReaderRead(reader) == 1) {
		const char *name = (const char *)xmlTextReaderConstLocalName(reader);

		if (xmlTextReaderNodeType(reader) != XML_READER_TYPE_ELEMENT || !name)
			continue;
		if (strcmp(name, "sitemap") == 0)
			index = true;
		else if (strcmp(name, "url") == 0)
			index = false;
		else if (strcmp(name, "loc") == 0)
			status = read_loc(reader, index, found, arg);
	}
	xmlFreeTextReader(reader);
	return status;
}
