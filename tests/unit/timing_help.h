/*
 * Whether two kinds of a thing can be told apart by the clock: the CPU time of
 * each, interleaved, compared by rank (Mann and Whitney) and by their medians.
 * CPU time does not see what else the machine does.
 */
#ifndef TESTS_TIMING_HELP_H
#define TESTS_TIMING_HELP_H

#include <math.h>
#include <stdlib.h>
#include <time.h>

#ifndef N
#define N 120 /* of each kind */
#endif

static inline double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct comparison {
	double z;     /* of the rank sum */
	double apart; /* medians, of the medians */
};

static inline struct comparison
compare(
    double (*attempt)(const char *email), const char *one, const char *other)
{
	struct comparison c;
	double a[N], b[N], u = 0;

	attempt(one), attempt(other); /* what is drawn or cached first */
	for (int i = 0; i < N; i++) {
		/* In turns, and in turns who is first. */
		if (i % 2 == 0)
			a[i] = attempt(one);
		b[i] = attempt(other);
		if (i % 2 == 1)
			a[i] = attempt(one);
	}
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			u += a[i] > b[j] ? 1 : a[i] < b[j] ? 0 : 0.5;
	c.z = (u - N * N / 2.0) / sqrt(N * N * (2 * N + 1) / 12.0);
	qsort(a, N, sizeof(a[0]), by_size);
	qsort(b, N, sizeof(b[0]), by_size);
	c.apart = fabs(a[N / 2] - b[N / 2]) / a[N / 2];
	print_message("%s, %s: z %.1f, medians %.2f %% apart\n", one, other,
	    c.z, 100 * c.apart);
	return c;
}

/*
 * Apart is what both says so: ranks that are not chance, and medians that are
 * further apart than that part of them.  And it says so twice: a processor that
 * changes its pace in between does not.
 */
static inline bool
told_apart(double (*attempt)(const char *email), const char *one,
    const char *other, double least)
{
	for (int i = 0; i < 2; i++) {
		struct comparison c = compare(attempt, one, other);

		if (fabs(c.z) <= 4 || c.apart <= least)
			return false;
	}
	return true;
}

#endif
