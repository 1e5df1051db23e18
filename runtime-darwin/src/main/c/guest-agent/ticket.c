/*
 * One-time tokens. A ticket lives from the request that announced it until its stream connects, 30 seconds
 * pass, or the control connection ends. Tokens are compared in constant time: who can connect to the socket
 * must not find one byte by byte.
 */
#include "ticket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "messages.h"

#define TICKET_LIFE ((int64_t)30 * 1000000000)

struct ticket {
  struct timer timer; /* first: the timer's callback gets the ticket by it */
  uint8_t token[TOKEN_LENGTH];
  struct ticket_owner owner;
  struct ticket *next;
};

static struct ticket *tickets;

static bool matches(const struct ticket *ticket, const uint8_t *token) {
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < TOKEN_LENGTH; i++)
    difference |= ticket->token[i] ^ token[i];
  return difference == 0;
}

static struct ticket *find(const struct bytes *token) {
  struct ticket *found = NULL;
  if (token->length != TOKEN_LENGTH)
    return NULL;
  for (struct ticket *ticket = tickets; ticket != NULL; ticket = ticket->next)
    if (matches(ticket, token->data))
      found = ticket;
  return found;
}

static struct ticket_owner take(struct ticket *ticket) {
  struct ticket_owner owner = ticket->owner;
  struct ticket **link = &tickets;
  while (*link != ticket)
    link = &(*link)->next;
  *link = ticket->next;
  timer_stop(&ticket->timer);
  free(ticket);
  return owner;
}

static void expire(struct timer *timer) {
  struct ticket_owner owner = take((struct ticket *)timer);
  owner.expired(owner.owner);
}

int ticket_issue(const struct bytes *token, struct ticket_owner owner) {
  if (token->length != TOKEN_LENGTH)
    return -EINVAL;
  if (find(token) != NULL)
    return -EEXIST;
  struct ticket *ticket = calloc(1, sizeof(*ticket));
  if (ticket == NULL)
    return -ENOMEM;
  memcpy(ticket->token, token->data, TOKEN_LENGTH);
  ticket->owner = owner;
  ticket->next = tickets;
  tickets = ticket;
  ticket->timer.fire = expire;
  timer_start(&ticket->timer, TICKET_LIFE);
  return 0;
}

void ticket_withdraw_owner(const void *owner) {
  for (struct ticket *ticket = tickets, *next; ticket != NULL; ticket = next) {
    next = ticket->next;
    if (ticket->owner.owner == owner)
      take(ticket);
  }
}

bool ticket_known(const struct bytes *token) {
  return find(token) != NULL;
}

int ticket_use(const struct bytes *token, int fd) {
  struct ticket *ticket = find(token);
  if (ticket == NULL)
    return -ENOENT;
  struct ticket_owner owner = take(ticket);
  owner.connected(owner.owner, fd);
  return 0;
}

void ticket_expire_all(void) {
  while (tickets != NULL)
    expire(&tickets->timer);
}
