/*
 * NVR_VECTOR_LOOP marks a function that is a loop over pixels or cells.  It is
 * kept out of line, since gcc 12 makes no vector code of such a loop once it
 * is inlined into another; and where the compiler can, it is made twice, for
 * AVX2 and for any x86-64, of which the loader picks one.
 */
#ifndef NVR_BASE_VECTOR_H
#define NVR_BASE_VECTOR_H

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define NVR_VECTOR_LOOP \
	__attribute__((noinline, target_clones("avx2", "default")))
#else
#define NVR_VECTOR_LOOP __attribute__((noinline))
#endif

#endif
