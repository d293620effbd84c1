/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The needs of a library from the loader, and its symbols, read from its file. Every offset in
 * there is checked: the file may be damaged, and the loader need not have looked at it yet. */

#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labyrinth_driver.h"

#define SYMBOLS_FOLDER "/usr/lib/debug/.build-id/"
#define BUILD_ID_MAX 64u

struct image {
    const unsigned char *bytes;
    size_t size;
    const ElfW(Ehdr) * head;
};

/* Bytes at an offset of the file, or NULL where it ends before. */
static const void *within(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return NULL;
    return image->bytes + offset;
}

/* The same of what has words in it. */
static const void *at(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset % sizeof(void *) == 0 ? within(image, offset, size) : NULL;
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
        const char *bytes = within(image, part->p_offset, part->p_filesz);
        uint64_t into = address - part->p_vaddr;

        if (part->p_type != PT_LOAD || into >= part->p_filesz || bytes == NULL)
            continue;
        *ret_bytes = part->p_filesz - into;
        return bytes + into;
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

/* Maps a file; false when it is no library or program of this machine's kind. */
static bool open_image(const char *path, struct image *ret_image)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    void *bytes = MAP_FAILED;
    struct stat status;

    if (file < 0)
        return false;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED)
        return false;
    *ret_image = (struct image){.bytes = bytes, .size = (size_t)status.st_size};
    ret_image->head = at(ret_image, 0, sizeof(*ret_image->head));
    if (ret_image->head != NULL && memcmp(ret_image->head->e_ident, ELFMAG, SELFMAG) == 0 &&
        ret_image->head->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return true;
    munmap(bytes, ret_image->size);
    return false;
}

static void close_image(const struct image *image)
{
    munmap((void *)(uintptr_t)image->bytes, image->size);
}

bool labyrinth_elf_read(const char *path, const char *symbol,
                        void (*needs)(const char *name, void *context), void *context)
{
    const ElfW(Phdr) * part;
    struct image image;
    bool found = false;

    if (!open_image(path, &image))
        return false;
    for (unsigned n = 0; !found && (part = segment(&image, n)) != NULL; n++)
        if (part->p_type == PT_DYNAMIC)
            found = read_dynamic(&image, part, symbol, needs, context);
    close_image(&image);
    return found;
}

/* Symbols */

/* The n-th section; NULL behind the last one. */
static const ElfW(Shdr) * section(const struct image *image, unsigned n)
{
    const ElfW(Ehdr) *head = image->head;

    if (n >= head->e_shnum || head->e_shentsize != sizeof(ElfW(Shdr)))
        return NULL;
    return at(image, head->e_shoff + n * sizeof(ElfW(Shdr)), sizeof(ElfW(Shdr)));
}

static const unsigned char symbol_types[] = {
    [LABYRINTH_ELF_FUNCTION] = STT_FUNC,
    [LABYRINTH_ELF_VARIABLE] = STT_OBJECT,
    [LABYRINTH_ELF_OWN] = STT_TLS,
};

static bool see_table(const struct image *image, unsigned type, enum labyrinth_elf_kind kind,
                      labyrinth_elf_see_fn *see, void *context)
{
    const ElfW(Shdr) * table, *names;
    const ElfW(Sym) * symbol;
    const char *strings;

    for (unsigned n = 0; (table = section(image, n)) != NULL && table->sh_type != type; n++)
        ;
    names = table != NULL ? section(image, table->sh_link) : NULL;
    if (names == NULL || names->sh_size == 0 || table->sh_entsize != sizeof(*symbol))
        return false;
    symbol = at(image, table->sh_offset, table->sh_size);
    strings = within(image, names->sh_offset, names->sh_size);
    if (symbol == NULL || strings == NULL || strings[names->sh_size - 1] != '\0')
        return false;
    for (uint64_t n = table->sh_size / sizeof(*symbol); n > 0; n--, symbol++)
        if (ELF64_ST_TYPE(symbol->st_info) == symbol_types[kind] && symbol->st_shndx != SHN_UNDEF &&
            symbol->st_size != 0 && symbol->st_name < names->sh_size)
            see(strings + symbol->st_name, symbol->st_value, symbol->st_size, context);
    return true;
}

/* The number that a linker gave to a file: its bytes, and how many; NULL for none. */
static const unsigned char *build_id(const struct image *image, size_t *ret_bytes)
{
    const ElfW(Shdr) * part;

    for (unsigned n = 0; (part = section(image, n)) != NULL; n++) {
        const ElfW(Nhdr) *head = within(image, part->sh_offset, part->sh_size);

        if (part->sh_type != SHT_NOTE || head == NULL || part->sh_offset % sizeof(uint32_t) != 0 ||
            part->sh_size < sizeof(*head) || head->n_type != NT_GNU_BUILD_ID ||
            head->n_namesz != sizeof(ELF_NOTE_GNU))
            continue;
        *ret_bytes = head->n_descsz;
        return within(image, part->sh_offset + sizeof(*head) + sizeof(ELF_NOTE_GNU),
                      head->n_descsz);
    }
    return NULL;
}

/* The symbols that were taken out of a file, where distributions put them. */
static bool see_symbols_of(const struct image *image, enum labyrinth_elf_kind kind,
                           labyrinth_elf_see_fn *see, void *context)
{
    size_t bytes = 0;
    const unsigned char *id = build_id(image, &bytes);
    char path[sizeof(SYMBOLS_FOLDER) + 2 * BUILD_ID_MAX + sizeof("/.debug")];
    int used = sizeof(SYMBOLS_FOLDER) - 1;
    struct image symbols;
    bool seen;

    if (id == NULL || bytes < 2 || bytes > BUILD_ID_MAX)
        return false;
    strcpy(path, SYMBOLS_FOLDER);
    for (size_t i = 0; i < bytes; i++)
        used += sprintf(path + used, i == 0 ? "%02x/" : "%02x", id[i]);
    strcpy(path + used, ".debug");
    if (!open_image(path, &symbols))
        return false;
    seen = see_table(&symbols, SHT_SYMTAB, kind, see, context);
    close_image(&symbols);
    return seen;
}

void labyrinth_elf_symbols(const char *path, enum labyrinth_elf_kind kind,
                           labyrinth_elf_see_fn *see, void *context)
{
    struct image image;

    if (!open_image(path, &image))
        return;
    if (!see_table(&image, SHT_SYMTAB, kind, see, context) &&
        !see_symbols_of(&image, kind, see, context))
        (void)see_table(&image, SHT_DYNSYM, kind, see, context);
    close_image(&image);
}
