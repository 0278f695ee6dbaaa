/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is this LUN? INQUIRY, TEST UNIT READY, READ CAPACITY, MODE SENSE (SPC-4 sections 6 and 7, SBC-3 section 5), all in flight
 * together: one round trip, and another one after a unit attention. REPORT LUNS where there is none.
 */
#include "iscsi/scsi_disk.h"

#include "iscsi/lun.h"
#include "platform/format.h"

/* REPORT LUNS parameter data. */
#define REPORT_LUN_LIST_LENGTH 0
#define REPORT_LUN_LIST        8
#define LUN_WELL_KNOWN         0xC1 /* first byte of a well known logical unit's LUN (SAM-5, extended addressing) */

/* Mode parameter header of MODE SENSE(6); the device-specific parameter of a disk: SBC-3 section 6.4.1. */
#define MODE_6_DEVICE_SPECIFIC 2
#define MODE_WP                0x80
#define MODE_6_ALLOCATION      192

#define BLOCK_SIZE_LEAST 512u
#define BLOCK_SIZE_MOST  65536u
#define OPTIONAL_SHARE   4u   /* of the time that is left: so much of it for a question whose answer can be done without */
#define ANSWER_ROOM      256u /* of disk->scratch, for each question */
#define LUN_LIST_SIZE    120  /* of the text: with the rest of its sentence it fits a failure's detail */

/*
 * Until when a question is asked that the disk can be opened without: a LUN that is busy for ever must not use up all the time
 * for one of them.
 */
static deadline_t soon(deadline_t deadline)
{
    uint64_t now = platform_ticks(), share = deadline > now ? (deadline - now) / OPTIONAL_SHARE : 0;
    deadline_t patience = deadline_after_ms(SCSI_PATIENCE_MS);

    return now + share < patience ? now + share : patience;
}

/* REPORT LUNS, again while the target says that this helps. Returns how much of an answer lies in disk->scratch. */
static uint32_t ask_for_luns(struct scsi_disk *disk, deadline_t deadline)
{
    struct iscsi_task *task = &disk->probe;
    deadline_t pause = 0;

    for (unsigned tries = 0; !deadline_passed(deadline); tries++) {
        *task = (struct iscsi_task){.direction = ISCSI_READ, .buffer = disk->scratch, .length = ISCSI_SCRATCH, .probing = true};
        scsi_cdb_report_luns(task->cdb, ISCSI_SCRATCH);
        iscsi_session_submit(disk->session, task);

        enum status status = iscsi_session_wait(disk->session, task, deadline);
        if (status != OK)
            return 0;
        enum scsi_verdict verdict = scsi_judge(task, false, &status);
        if (verdict == SCSI_DONE)
            return task->transferred;
        if (verdict == SCSI_FAILED || (verdict == SCSI_AGAIN && tries == SCSI_TRIES_MAX))
            return 0;

        pause = verdict == SCSI_LATER ? deadline_after_ms(SCSI_PAUSE_MS) : 0;
        while (!deadline_passed(pause)) {
            iscsi_session_pump(disk->session);
            platform_idle();
        }
    }
    return 0;
}

/*
 * The target's LUNs, for the one who asked for a wrong one: as lun= takes them, each with a space before it. Those that do not
 * fit `room` make " ..." at the end. A target that cannot list them is no worse a target.
 */
static void list_luns(struct scsi_disk *disk, char *text, size_t room, deadline_t deadline)
{
    static const char more[] = " ...";

    format_text(text, room, " not told");
    uint32_t got = ask_for_luns(disk, soon(deadline));
    if (got < REPORT_LUN_LIST)
        return;

    format_text(text, room, " none");
    uint32_t length = smaller_of(get_be32(disk->scratch + REPORT_LUN_LIST_LENGTH), got - REPORT_LUN_LIST);
    size_t used = 0;
    for (const uint8_t *lun = disk->scratch + REPORT_LUN_LIST; length >= 8; lun += 8, length -= 8) {
        char one[LUN_TEXT_SIZE];

        if (lun[0] == LUN_WELL_KNOWN)
            continue;
        lun_format(lun, one);
        if (used + 1 + strlen(one) + sizeof more > room) {
            format_text(text + used, room - used, "%s", more);
            return;
        }
        used += format_text(text + used, room - used, " %s", one);
    }
}

void scsi_copy_field(char *to, size_t room, const uint8_t *from, size_t length)
{
    while (length && (from[length - 1] == ' ' || from[length - 1] == 0))
        length--;
    while (length && *from == ' ') {
        from++;
        length--;
    }

    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < room; i++)
        to[used++] = from[i] >= 0x20 && from[i] < 0x7F ? (char)from[i] : '?';
    to[used] = 0;
}

/* ---- what is asked ---- */

/* Those that the disk cannot be opened without come first; of the others some may become such, see is_needed(). */
enum question { ASK_INQUIRY, ASK_READY, ASK_CAPACITY, ASK_NAME, ASK_SERIAL, ASK_LONG_CAPACITY, ASK_LIMITS, ASK_MODE, QUESTIONS };
_Static_assert(QUESTIONS *ANSWER_ROOM <= ISCSI_SCRATCH, "each answer has a place of its own");
_Static_assert(VPD_ALLOCATION <= ANSWER_ROOM && MODE_6_ALLOCATION <= ANSWER_ROOM, "each answer fits");

static const uint8_t pages[QUESTIONS] = {[ASK_NAME] = VPD_DEVICE_ID, [ASK_SERIAL] = VPD_SERIAL, [ASK_LIMITS] = VPD_BLOCK_LIMITS};

/* Those in flight: questions `first` and following, in the slots that a disk that is being opened does not need for requests. */
struct survey {
    struct scsi_disk *disk;
    unsigned first, count;
    unsigned left;  /* a bit for each question of them that has no answer yet */
    bool failed;    /* one that was needed */
    bool large;     /* READ CAPACITY(16) tells how large the LUN is */
    deadline_t end; /* of the whole */
    deadline_t
        optional_end; /* of what can be done without; 0: others are waited for, and it is asked again as long as they are */
};

static struct scsi_slot *slot_of(const struct survey *survey, unsigned question)
{
    return &survey->disk->slots[question - survey->first];
}

static uint8_t *answer_to(const struct survey *survey, unsigned question)
{
    return survey->disk->scratch + question * ANSWER_ROOM;
}

/* Without a name the serial number is it; and what does not fit READ CAPACITY(10) is not told by it. */
static bool is_needed(const struct survey *survey, unsigned question)
{
    return question <= ASK_NAME || (question == ASK_SERIAL && !survey->disk->disk.wwid_length) ||
           (question == ASK_LONG_CAPACITY && survey->large);
}

static void ask(const struct survey *survey, unsigned question)
{
    struct scsi_slot *slot = slot_of(survey, question);
    struct iscsi_task *task = &slot->task;

    memset(task, 0, sizeof *task);
    memcpy(task->lun, survey->disk->lun, 8);
    task->probing = true;
    task->buffer = answer_to(survey, question);
    if (pages[question]) {
        task->length = VPD_ALLOCATION;
        scsi_cdb_inquiry_page(task->cdb, pages[question], VPD_ALLOCATION);
    } else if (question == ASK_INQUIRY) {
        task->length = INQUIRY_ALLOCATION;
        scsi_cdb_inquiry(task->cdb, INQUIRY_ALLOCATION);
    } else if (question == ASK_MODE) {
        task->length = MODE_6_ALLOCATION;
        scsi_cdb_mode_sense(task->cdb, MODE_6_ALLOCATION);
    } else if (question != ASK_READY) {
        task->length = scsi_capacity_ask(task->cdb, question == ASK_LONG_CAPACITY);
    } /* TEST UNIT READY is all zeros */
    task->direction = task->length ? ISCSI_READ : ISCSI_NO_DATA;
    slot->pausing = false;
    iscsi_session_submit(survey->disk->session, task);
}

/* The order in which designators are likely to be unique; 0: not to be used. */
static unsigned designator_rank(uint8_t type)
{
    static const uint8_t order[] = {DESIGNATOR_NAA, DESIGNATOR_EUI_64, DESIGNATOR_SCSI_NAME, DESIGNATOR_T10_VENDOR_ID};

    for (unsigned i = 0; i < sizeof order; i++) {
        if (order[i] == type)
            return (unsigned)sizeof order - i;
    }
    return 0;
}

static void choose_designator(struct scsi_disk *disk, const uint8_t *page, uint32_t length)
{
    const uint8_t *at = page + VPD_HEADER_LENGTH;
    struct scsi_designator one;
    unsigned best = 0;

    disk->disk.wwid_length = 0;
    while (scsi_next_designator(&at, &length, &one)) {
        if (designator_rank(one.type) <= best)
            continue;
        best = designator_rank(one.type);
        disk->disk.wwid_type = one.type;
        disk->disk.wwid_length = one.length;
        memcpy(disk->disk.wwid, one.bytes, one.length);
    }
}

/* ---- what is answered ---- */

/* How the question ended. The failure is recorded anew, as others may have been since. */
static enum status outcome(const struct survey *survey, unsigned question, uint32_t *got)
{
    const struct iscsi_task *task = &slot_of(survey, question)->task;
    enum status status = task->status;

    *got = 0;
    if (status == OK && scsi_judge(task, false, &status) == SCSI_DONE) {
        *got = task->transferred;
        status = OK;
    }
    return status;
}

/*
 * The bytes behind the header of a page of vital product data: 0, with OK, when the LUN says that it has no such page. Another
 * status when it has said nothing to that.
 */
static enum status page_length(const struct survey *survey, unsigned question, uint32_t *length)
{
    const struct iscsi_task *task = &slot_of(survey, question)->task;
    const uint8_t *data = answer_to(survey, question);
    uint32_t got;

    enum status status = outcome(survey, question, &got), ignored;
    if (status != OK && task->status == OK && scsi_judge(task, false, &ignored) != SCSI_LATER)
        status = OK;
    *length = got >= VPD_HEADER_LENGTH && data[VPD_PAGE_CODE] == pages[question]
                  ? smaller_of(get_be16(data + VPD_PAGE_LENGTH), got - VPD_HEADER_LENGTH)
                  : 0;
    return status;
}

/* What other questions depend on. */
static void heed_answer(struct survey *survey, unsigned question)
{
    uint32_t got;
    enum status status = pages[question] ? page_length(survey, question, &got) : outcome(survey, question, &got);

    struct scsi_capacity capacity;
    if (question == ASK_NAME)
        choose_designator(survey->disk, answer_to(survey, ASK_NAME), got);
    if (question == ASK_CAPACITY)
        survey->large = scsi_capacity_read(answer_to(survey, ASK_CAPACITY), got, false, &capacity) == CAPACITY_BEYOND;
    survey->left &= ~(1u << question);
    survey->failed |= status != OK && is_needed(survey, question);
}

/* The task is done: is the question answered? */
static void conclude_question(struct survey *survey, unsigned question, bool late)
{
    struct scsi_slot *slot = slot_of(survey, question);
    enum status status = slot->task.status;
    enum scsi_verdict verdict = status == OK ? scsi_judge(&slot->task, false, &status) : SCSI_FAILED;

    slot->pausing = (verdict == SCSI_LATER && !late) || (verdict == SCSI_AGAIN && slot->tries++ < SCSI_TRIES_MAX);
    slot->again_at = verdict == SCSI_LATER ? deadline_after_ms(SCSI_PAUSE_MS) : 0;
    if (!slot->pausing)
        heed_answer(survey, question);
}

/* What the disk is not opened without has all the time; the others have their share once they wait alone. */
static bool is_late(struct survey *survey, bool over)
{
    bool waits = false;

    for (unsigned i = survey->first; i < survey->first + survey->count; i++)
        waits |= survey->left & 1u << i && is_needed(survey, i);
    if ((!waits || over) && !survey->optional_end)
        survey->optional_end = soon(survey->end);
    return deadline_passed(survey->optional_end ? survey->optional_end : survey->end);
}

/* Nothing is asked again once the LUN may be another, or one is of no use. True when something is under way still. */
static bool survey_turn(struct survey *survey)
{
    struct scsi_disk *disk = survey->disk;
    bool over = iscsi_session_doubt(disk->session) || survey->failed, late = is_late(survey, over), busy = false;

    for (unsigned i = survey->first; i < survey->first + survey->count; i++) {
        struct scsi_slot *slot = slot_of(survey, i);

        if (!(survey->left & 1u << i))
            continue;
        if (slot->pausing && late)
            heed_answer(survey, i);
        else if (slot->pausing && !over && deadline_passed(slot->again_at))
            ask(survey, i);
        else if (!slot->pausing && late)
            iscsi_session_cancel(disk->session, &slot->task);
        if (!slot->pausing && slot->task.done)
            conclude_question(survey, i, late);
        busy |= survey->left & 1u << i && (!slot->pausing || !over);
    }
    return busy;
}

static enum status read_inquiry(const struct survey *survey)
{
    struct scsi_disk *disk = survey->disk;
    const uint8_t *data = answer_to(survey, ASK_INQUIRY);
    uint32_t got;
    enum status status = outcome(survey, ASK_INQUIRY, &got);

    char lun[LUN_TEXT_SIZE];
    lun_format(disk->lun, lun);
    bool connected = status == OK && (got == 0 || !(data[INQUIRY_PERIPHERAL] & INQUIRY_PERIPHERAL_QUALIFIER));
    if (status == E_LUN_MISSING || (status == OK && !connected)) {
        char luns[LUN_LIST_SIZE];

        list_luns(disk, luns, sizeof luns, survey->end);
        return fail(E_LUN_MISSING, "LUN %s; the target has LUN%s", lun, luns);
    }
    if (status != OK)
        return status;
    if (got < INQUIRY_STANDARD_LENGTH)
        return fail(E_SCSI_SHORT, "INQUIRY: %u bytes", (unsigned)got);
    unsigned type = data[INQUIRY_PERIPHERAL] & INQUIRY_PERIPHERAL_TYPE;
    if (type != PERIPHERAL_DIRECT_ACCESS_DISK)
        return fail(E_LUN_TYPE, "LUN %s has peripheral device type %02x", lun, type);

    disk->disk.removable = data[INQUIRY_FLAGS] & INQUIRY_RMB;
    scsi_copy_field(disk->disk.vendor, sizeof disk->disk.vendor, data + INQUIRY_VENDOR, INQUIRY_VENDOR_LENGTH);
    scsi_copy_field(disk->disk.product, sizeof disk->disk.product, data + INQUIRY_PRODUCT, INQUIRY_PRODUCT_LENGTH);
    scsi_copy_field(disk->disk.revision, sizeof disk->disk.revision, data + INQUIRY_REVISION, INQUIRY_REVISION_LENGTH);
    return OK;
}

static enum status set_size(struct scsi_disk *disk, const struct scsi_capacity *capacity)
{
    uint32_t size = capacity->block_size;

    if (size < BLOCK_SIZE_LEAST || size > BLOCK_SIZE_MOST || (size & (size - 1)) || capacity->last == UINT64_MAX)
        return fail(E_LUN_SIZE, "last block %llu, %u bytes each", (unsigned long long)capacity->last, (unsigned)size);
    disk->disk.block_count = capacity->last + 1;
    disk->disk.block_size = disk->disk.physical_block_size = size;
    return OK;
}

/* The 16-byte command also tells where the physical blocks lie. */
static void set_alignment(const struct survey *survey, const struct scsi_capacity *capacity, uint32_t got)
{
    struct disk *disk = &survey->disk->disk;
    const uint8_t *data = answer_to(survey, ASK_LONG_CAPACITY);
    unsigned exponent = data[CAPACITY_16_PHYSICAL_EXPONENT] & CAPACITY_16_EXPONENT_MASK;

    if (capacity->last + 1 != disk->block_count || capacity->block_size != disk->block_size)
        log_printf(LOG_WARNING, "READ CAPACITY(16) tells of %llu blocks of %u; those of READ CAPACITY(10) count",
                   (unsigned long long)capacity->last + 1, (unsigned)capacity->block_size);
    if (got < CAPACITY_16_LOWEST_ALIGNED + 2 || exponent > PHYSICAL_EXPONENT_MAX)
        return;
    disk->physical_block_size = disk->block_size << exponent;
    disk->lowest_aligned_lba = get_be16(data + CAPACITY_16_LOWEST_ALIGNED) & CAPACITY_16_ALIGNED_MASK;
}

/* Below 2 TiB a LUN need not know the long form. */
static enum status read_capacity(const struct survey *survey, unsigned question)
{
    bool long_form = question == ASK_LONG_CAPACITY;
    struct scsi_capacity capacity;
    uint32_t got;

    enum status status = outcome(survey, question, &got);
    if (status == OK && scsi_capacity_read(answer_to(survey, question), got, long_form, &capacity) == CAPACITY_SHORT)
        status = fail(E_LUN_SIZE, "READ CAPACITY(%u): %u bytes", long_form ? 16 : 10, (unsigned)got);
    if (status == OK && long_form == survey->large)
        status = set_size(survey->disk, &capacity);
    if (status == OK && long_form)
        set_alignment(survey, &capacity, got);
    return status;
}

/* The LUN's limit, and the size of one of our transfers. */
static void read_limits(const struct survey *survey)
{
    struct disk *disk = &survey->disk->disk;
    uint32_t length, most = 0;

    (void)page_length(survey, ASK_LIMITS, &length);
    if (length + VPD_HEADER_LENGTH >= VPD_MAX_TRANSFER_LENGTH + 4)
        most = get_be32(answer_to(survey, ASK_LIMITS) + VPD_MAX_TRANSFER_LENGTH);
    disk->max_blocks = SCSI_TRANSFER_MAX / disk->block_size;
    if (most)
        disk->max_blocks = smaller_of(most, disk->max_blocks);
}

static enum status read_answer(const struct survey *survey, unsigned question)
{
    struct disk *disk = &survey->disk->disk;
    enum status status = OK;
    uint32_t got = 0;

    switch (question) {
    case ASK_INQUIRY:
        return read_inquiry(survey);
    case ASK_CAPACITY:
    case ASK_LONG_CAPACITY:
        return read_capacity(survey, question);
    case ASK_SERIAL:
        status = page_length(survey, ASK_SERIAL, &got);
        scsi_copy_field(disk->serial, sizeof disk->serial, answer_to(survey, ASK_SERIAL) + VPD_HEADER_LENGTH, got);
        return status;
    case ASK_NAME:
        return page_length(survey, ASK_NAME, &got);
    case ASK_LIMITS:
        read_limits(survey);
        return OK;
    case ASK_MODE:
        if (outcome(survey, ASK_MODE, &got) == OK && got > MODE_6_DEVICE_SPECIFIC)
            disk->read_only = answer_to(survey, ASK_MODE)[MODE_6_DEVICE_SPECIFIC] & MODE_WP;
        return OK;
    default:
        return outcome(survey, question, &got);
    }
}

/* Once, as many questions at a time as there are slots. With a doubt raised meanwhile the answers are worth nothing. */
static enum status probe_once(struct scsi_disk *disk, deadline_t deadline)
{
    struct survey survey = {.disk = disk, .end = deadline};

    disk->disk.wwid_length = 0;
    disk->disk.lowest_aligned_lba = 0;
    disk->disk.read_only = false;
    for (; survey.first < QUESTIONS; survey.first += survey.count) {
        survey.count = smaller_of(QUESTIONS - survey.first, disk->slot_count);
        survey.optional_end = 0;
        for (unsigned i = survey.first; i < survey.first + survey.count; i++) {
            survey.left |= 1u << i;
            slot_of(&survey, i)->tries = 0;
            ask(&survey, i);
        }
        do {
            iscsi_session_pump(disk->session);
            platform_idle();
        } while (survey_turn(&survey));

        bool doubt = iscsi_session_doubt(disk->session) != 0;
        bool gone = !doubt && iscsi_session_trouble(disk->session) != OK; /* a login's text lies where the answers did */
        for (unsigned i = survey.first; i < survey.first + survey.count; i++) {
            uint32_t got;
            enum status status = doubt ? OK : gone ? outcome(&survey, i, &got) : read_answer(&survey, i);
            if (status != OK && is_needed(&survey, i))
                return status;
        }
        if (gone)
            iscsi_session_suspect(disk->session); /* asked again, as soon as it is back */
        if (doubt || gone)
            return OK;
    }
    return OK;
}

enum status scsi_probe(struct scsi_disk *disk, deadline_t deadline)
{
    for (unsigned tries = 0;; tries++) {
        iscsi_session_trust(disk->session, iscsi_session_doubt(disk->session));
        enum status status = probe_once(disk, deadline);
        if (status != OK || !iscsi_session_doubt(disk->session))
            return status;
        if (tries == SCSI_TRIES_MAX)
            return fail(E_SCSI_FAILED, "the LUN changes as often as it is asked what it is");
    }
}
