#include "lib/base/thread.h"

#include <signal.h>
#include <stddef.h>

/* A fault that is blocked ends the process before any handler. */
static void fill(sigset_t *set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

    (void)sigfillset(set);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
        (void)sigdelset(set, faults[i]);
}

bool thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *arg), void *arg)
{
    sigset_t blocked, before;

    fill(&blocked);
    /* A thread begins with the mask of the one that starts it. */
    (void)pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const int error = pthread_create(ret_thread, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return false;
    (void)pthread_setname_np(*ret_thread, name);
    return true;
}
