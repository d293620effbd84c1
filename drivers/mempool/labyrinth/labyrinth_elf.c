/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* What a library asks the loader for, read from its file. Every offset in there is checked: the
 * file may be damaged, and the loader has not looked at it yet. */

#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labyrinth_elf.h"

struct image {
    const unsigned char *bytes;
    size_t size;
    const ElfW(Ehdr) * head;
};

/* What lies at an offset of the file, or NULL where it ends before. */
static const void *at(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset || offset % sizeof(void *) != 0)
        return NULL;
    return image->bytes + offset;
}

static const ElfW(Phdr) * segment(const struct image *image, unsigned n)
{
    const ElfW(Ehdr) *head = image->head;

    if (n >= head->e_phnum || head->e_phentsize != sizeof(ElfW(Phdr)))
        return NULL;
    return at(image, head->e_phoff + n * sizeof(ElfW(Phdr)), sizeof(ElfW(Phdr)));
}

/* The bytes from an address of the running library to the end of its segment; NULL for none. */
static const char *text(const struct image *image, ElfW(Addr) address, size_t *ret_bytes)
{
    const ElfW(Phdr) * part;

    for (unsigned n = 0; (part = segment(image, n)) != NULL; n++) {
        uint64_t into = address - part->p_vaddr;

        if (part->p_type != PT_LOAD || into >= part->p_filesz || part->p_offset > image->size ||
            part->p_filesz > image->size - part->p_offset)
            continue;
        *ret_bytes = part->p_filesz - into;
        return (const char *)image->bytes + part->p_offset + into;
    }
    return NULL;
}

/* The n-th entry of the dynamic section; NULL behind the last one. */
static const ElfW(Dyn) * entry(const struct image *image, const ElfW(Phdr) * dynamic, unsigned n)
{
    const ElfW(Dyn) *dyn = at(image, dynamic->p_offset + n * sizeof(*dyn), sizeof(*dyn));

    return dyn != NULL && dyn->d_tag != DT_NULL ? dyn : NULL;
}

static ElfW(Xword) value(const struct image *image, const ElfW(Phdr) * dynamic, int64_t tag)
{
    const ElfW(Dyn) * dyn;

    for (unsigned n = 0; (dyn = entry(image, dynamic, n)) != NULL; n++)
        if (dyn->d_tag == tag)
            return dyn->d_un.d_val;
    return 0;
}

static bool read_dynamic(const struct image *image, const ElfW(Phdr) * dynamic, const char *symbol,
                         void (*needs)(const char *name, void *context), void *context)
{
    const ElfW(Dyn) * dyn;
    size_t size = value(image, dynamic, DT_STRSZ), bytes = 0;
    const char *strings = text(image, value(image, dynamic, DT_STRTAB), &bytes);

    if (strings == NULL || size == 0 || size > bytes || strings[size - 1] != '\0')
        return false;
    for (unsigned n = 0; (dyn = entry(image, dynamic, n)) != NULL; n++)
        if (dyn->d_tag == DT_NEEDED && dyn->d_un.d_val < size)
            needs(strings + dyn->d_un.d_val, context);
    return memmem(strings, size, symbol, strlen(symbol) + 1) != NULL;
}

static bool read_image(struct image *image, const char *symbol,
                       void (*needs)(const char *name, void *context), void *context)
{
    const ElfW(Phdr) * part;

    image->head = at(image, 0, sizeof(*image->head));
    if (image->head == NULL || memcmp(image->head->e_ident, ELFMAG, SELFMAG) != 0 ||
        image->head->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return false;
    for (unsigned n = 0; (part = segment(image, n)) != NULL; n++)
        if (part->p_type == PT_DYNAMIC)
            return read_dynamic(image, part, symbol, needs, context);
    return false;
}

bool labyrinth_elf_read(const char *path, const char *symbol,
                        void (*needs)(const char *name, void *context), void *context)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct image image = {.size = 0};
    struct stat status;
    bool found = false;
    void *bytes;

    if (file < 0)
        return false;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        image.size = (size_t)status.st_size;
        bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes != MAP_FAILED) {
            image.bytes = bytes;
            found = read_image(&image, symbol, needs, context);
            munmap(bytes, image.size);
        }
    }
    close(file);
    return found;
}
