#include "lib/rpc/call.h"

/* Of all calls: they are few, and who follows a call may be freed as it ends. */
static pthread_mutex_t following = PTHREAD_MUTEX_INITIALIZER;

static void unlink_follower(struct rpc_follower *follower)
{
    if (follower->previous != NULL)
        follower->previous->next = follower->next;
    else
        follower->call->followers = follower->next;
    if (follower->next != NULL)
        follower->next->previous = follower->previous;
    follower->call = NULL;
}

/* With the mutex held all the while, so that whoever unfollows waits. */
void rpc_call_tell_followers(struct rpc_call *call)
{
    pthread_mutex_lock(&following);
    while (call->followers != NULL) {
        struct rpc_follower *follower = call->followers;

        unlink_follower(follower);
        follower->on_cancel(follower);
    }
    pthread_mutex_unlock(&following);
}

void rpc_call_follow(struct rpc_call *call, struct rpc_follower *follower)
{
    pthread_mutex_lock(&following);
    if (atomic_load(&call->is_cancelled)) {
        follower->on_cancel(follower);
    } else {
        follower->call = call;
        follower->previous = NULL;
        follower->next = call->followers;
        if (follower->next != NULL)
            follower->next->previous = follower;
        call->followers = follower;
    }
    pthread_mutex_unlock(&following);
}

void rpc_call_unfollow(struct rpc_follower *follower)
{
    if (follower->on_cancel == NULL)
        return;
    pthread_mutex_lock(&following);
    if (follower->call != NULL)
        unlink_follower(follower);
    pthread_mutex_unlock(&following);
}
