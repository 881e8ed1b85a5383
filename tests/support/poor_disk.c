/* A disk that lacks what others have: the calls that LACKS names, as in "link=1 flock=38", fail with that number. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int lacks(const char *call) {
    char word[32];
    const char *all = getenv("LACKS"), *found;
    snprintf(word, sizeof word, "%s=", call);
    if (!all || !(found = strstr(all, word))) return 0;
    errno = atoi(found + strlen(word));
    return 1;
}

#define REAL(name, ...) ((int (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

int link(const char *old, const char *new) {
    return lacks("link") ? -1 : REAL("link", const char *, const char *)(old, new);
}

int flock(int fd, int operation) {
    return lacks("flock") ? -1 : REAL("flock", int, int)(fd, operation);
}

int chmod(const char *path, mode_t mode) {
    return lacks("chmod") ? -1 : REAL("chmod", const char *, mode_t)(path, mode);
}

int fsync(int fd) {
    struct stat what;
    if (fstat(fd, &what) == 0 && S_ISDIR(what.st_mode) && lacks("foldersync")) return -1;
    return REAL("fsync", int)(fd);
}

int rename(const char *old, const char *new) {
    struct stat there;
    if (stat(new, &there) == 0 && S_ISREG(there.st_mode) && lacks("renameover")) return -1;
    return REAL("rename", const char *, const char *)(old, new);
}
