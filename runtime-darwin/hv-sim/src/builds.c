/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builds of libunicorn that hv-sim fits, and what differs between them.
 * Two independent sources, so that one can go away: a package index keeps its
 * files as they are, a distribution rebuilds its own.
 */
#include "hvsim.h"

const unicorn_build_t known_builds[] = {
    {"PyPI 2.1.4", "44285d3e80527122e9e361928189385906ec813e", 440, 2034},
    {"Debian 2.1.1-2+b2", "b619fbf56f0accc13c25a9cf5e7bc59c85e70440", 416, 2010},
};
const size_t known_build_count = sizeof known_builds / sizeof *known_builds;
const unicorn_build_t *unicorn;
