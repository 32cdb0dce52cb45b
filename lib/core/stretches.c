/* Stretches of time; see stretches.h. */
#include <stdlib.h>

#include "core/stretches.h"

int
nvr_stretches_add(struct nvr_stretches *x, int64_t since, int64_t until,
    struct nvr_error *err)
{
	size_t size = x->size > 0 ? 2 * x->size : 16;
	struct nvr_stretch *e;

	/* Mostly they come in order, and one overlaps the next. */
	if (x->n > 0 && since >= x->e[x->n - 1].since &&
	    since < x->e[x->n - 1].until) {
		if (until > x->e[x->n - 1].until)
			x->e[x->n - 1].until = until;
		return 0;
	}
	if (x->n == x->size) {
		e = reallocarray(x->e, size, sizeof(*e));
		if (e == NULL)
			return nvr_fail_nomem(err);
		x->e = e;
		x->size = size;
	}
	x->e[x->n++] = (struct nvr_stretch){since, until};
	return 0;
}

static int
by_since(const void *a, const void *b)
{
	const struct nvr_stretch *x = a, *y = b;

	return (x->since > y->since) - (x->since < y->since);
}

void
nvr_stretches_order(struct nvr_stretches *x)
{
	size_t n = 0;

	if (x->n > 1)
		qsort(x->e, x->n, sizeof(*x->e), by_since);
	for (size_t i = 0; i < x->n; i++) {
		if (n == 0 || x->e[i].since >= x->e[n - 1].until)
			x->e[n++] = x->e[i];
		else if (x->e[i].until > x->e[n - 1].until)
			x->e[n - 1].until = x->e[i].until;
	}
	x->n = n;
}

const struct nvr_stretch *
nvr_stretches_find(const struct nvr_stretches *x, int64_t start, int64_t end)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->e[mid].until > start)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < x->n && x->e[lo].since < end ? &x->e[lo] : NULL;
}
