/* SPDX-License-Identifier: MIT */
/* barnes [bodies [steps]]: bodies that attract one another, by the method of Barnes and Hut: in
   each step they are put into a tree of cubes, each cube that is far enough stands for all that is
   in it, and the bodies move.  Nodes come from the heap, one by one, and are freed after the step.
   Mass and count of the tree are verified, and the force on some bodies against the sum over all
   others. */
#include "load.h"

#include <math.h>

enum { BODIES, STEPS, OPTION_COUNT };
static struct load_option options[] = {{"bodies", 163840}, {"steps", 2}};

enum { PROBES = 4 };
static const double OPENING = 1.0, SOFTENING = 0.0025, TIME_STEP = 0.025;

struct vector {
    double x, y, z;
};

struct body {
    struct vector place, speed, force;
    double mass;
};

/* A leaf has a body, an inner node has children; `centre` is the centre of mass, once it is known.
 */
struct node {
    const struct body *body;
    struct node *children[8];
    struct vector centre;
    double mass;
    size_t count;
};

static struct vector add(struct vector a, struct vector b) {
    return (struct vector){a.x + b.x, a.y + b.y, a.z + b.z};
}

static struct vector scaled(struct vector a, double factor) {
    return (struct vector){a.x * factor, a.y * factor, a.z * factor};
}

static double square(struct vector a) {
    return a.x * a.x + a.y * a.y + a.z * a.z;
}

static struct node *new_node(const struct body *body) {
    struct node *node = load_malloc(sizeof *node);
    *node = (struct node){.body = body};
    return node;
}

/* The eighth of the cube around `middle` that holds `place`; `middle` moves to its middle. */
static size_t descend(struct vector *middle, double half, struct vector place) {
    size_t octant = 0;
    octant |= place.x >= middle->x ? 1U : 0;
    octant |= place.y >= middle->y ? 2U : 0;
    octant |= place.z >= middle->z ? 4U : 0;
    middle->x += (octant & 1) != 0 ? half / 2 : -half / 2;
    middle->y += (octant & 2) != 0 ? half / 2 : -half / 2;
    middle->z += (octant & 4) != 0 ? half / 2 : -half / 2;
    return octant;
}

static void insert(struct node *node, struct vector middle, double half, const struct body *body) {
    for (;;) {
        if (node->body != NULL) {
            /* a leaf becomes an inner node, and its body moves one cube down */
            struct vector below = middle;
            const struct body *other = node->body;
            node->body = NULL;
            node->children[descend(&below, half, other->place)] = new_node(other);
        }
        struct node **child = &node->children[descend(&middle, half, body->place)];
        half /= 2;
        if (half < 1e-12) {
            load_fail("two bodies are in one place");
        }
        if (*child == NULL) {
            *child = new_node(body);
            return;
        }
        node = *child;
    }
}

static void weigh(struct node *node) {
    if (node->body != NULL) {
        node->centre = node->body->place;
        node->mass = node->body->mass;
        node->count = 1;
        return;
    }
    for (size_t i = 0; i < 8; i++) {
        const struct node *child = node->children[i];
        if (child != NULL) {
            weigh(node->children[i]);
            node->centre = add(node->centre, scaled(child->centre, child->mass));
            node->mass += child->mass;
            node->count += child->count;
        }
    }
    node->centre = scaled(node->centre, 1 / node->mass);
}

static struct vector pull(struct vector apart, double mass) {
    double distance2 = square(apart) + SOFTENING;
    return scaled(apart, mass / (distance2 * sqrt(distance2)));
}

static void attract(const struct node *node, double half, const struct body *body,
                    struct vector *force) {
    if (node->body == body) {
        return;
    }
    struct vector apart = add(node->centre, scaled(body->place, -1));
    if (node->body != NULL || 4 * half * half < OPENING * OPENING * square(apart)) {
        *force = add(*force, pull(apart, node->mass));
        return;
    }
    for (size_t i = 0; i < 8; i++) {
        if (node->children[i] != NULL) {
            attract(node->children[i], half / 2, body, force);
        }
    }
}

static void release(struct node *node) {
    for (size_t i = 0; i < 8; i++) {
        if (node->children[i] != NULL) {
            release(node->children[i]);
        }
    }
    free(node);
}

/* Far bodies taken together are a few percent off at most. */
static void probe(const struct body *bodies, size_t count, size_t which) {
    struct vector force = {0, 0, 0};
    for (size_t i = 0; i < count; i++) {
        if (i != which) {
            force = add(
                force, pull(add(bodies[i].place, scaled(bodies[which].place, -1)), bodies[i].mass));
        }
    }
    struct vector error = add(force, scaled(bodies[which].force, -1));
    if (square(error) > 0.01 * square(force)) {
        load_fail("the force on body %zu is off by more than a tenth", which);
    }
}

static double unit(struct load_random *random) {
    return (double)(load_next(random) >> 11) / 9007199254740992.0;
}

/* Denser towards the middle, each with a turn around it. */
static void place(struct body *bodies, size_t count) {
    struct load_random random = load_seed(0);
    for (size_t i = 0; i < count;) {
        struct vector at = {2 * unit(&random) - 1, 2 * unit(&random) - 1, 2 * unit(&random) - 1};
        double radius2 = square(at);
        if (radius2 <= 1) {
            bodies[i].place = scaled(at, radius2 * 4 + 0.02);
            bodies[i].speed = (struct vector){-at.y / 4, at.x / 4, 0};
            bodies[i].mass = 1 / (double)count;
            i++;
        }
    }
}

static void step(struct body *bodies, size_t count) {
    double half = 0;
    for (size_t i = 0; i < count; i++) {
        half = fmax(half, sqrt(square(bodies[i].place)));
    }
    half *= 1.01;
    struct node *root = new_node(&bodies[0]);
    for (size_t i = 1; i < count; i++) {
        insert(root, (struct vector){0, 0, 0}, half, &bodies[i]);
    }
    weigh(root);
    if (root->count != count || fabs(root->mass - 1) > 1e-6) {
        load_fail("the tree holds %zu bodies", root->count);
    }
    for (size_t i = 0; i < count; i++) {
        bodies[i].force = (struct vector){0, 0, 0};
        attract(root, half, &bodies[i], &bodies[i].force);
    }
    release(root);
    for (size_t i = 0; i < PROBES && i * 37 < count; i++) {
        probe(bodies, count, i * 37);
    }
    for (size_t i = 0; i < count; i++) {
        bodies[i].speed = add(bodies[i].speed, scaled(bodies[i].force, TIME_STEP));
        bodies[i].place = add(bodies[i].place, scaled(bodies[i].speed, TIME_STEP));
    }
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "barnes", options, OPTION_COUNT);
    size_t count = (size_t)options[BODIES].value;
    if (count == 0) {
        load_usage(options, OPTION_COUNT);
    }
    struct body *bodies = load_calloc(count, sizeof *bodies);
    place(bodies, count);
    for (unsigned long long i = 0; i < options[STEPS].value; i++) {
        step(bodies, count);
    }
    free(bodies);
    return 0;
}
