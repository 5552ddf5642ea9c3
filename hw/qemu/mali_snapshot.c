/*
 * VMState: the core's image as one blob, and the platform page.
 *
 * Called by QEMU (savevm, loadvm, migration) with the VM stopped, so the GPU
 * is paused. A blob that the core refuses fails the load.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/irq.h"
#include "migration/vmstate.h"
#include "hw/mali/qemu/mali_device.h"

static int mali_pre_save(void *opaque)
{
    MaliState *s = opaque;
    size_t size = 0;
    void *image = mali_gpu_save(s->gpu, &size);

    if (!image) {
        return -ENOMEM;
    }
    g_free(s->image);
    s->image = g_memdup2(image, size);
    s->image_size = size;
    free(image);
    return 0;
}

static int mali_post_save(void *opaque)
{
    MaliState *s = opaque;

    g_free(s->image);
    s->image = NULL;
    return 0;
}

static int mali_pre_load(void *opaque)
{
    return mali_post_save(opaque);
}

static int mali_post_load(void *opaque, int version_id)
{
    MaliState *s = opaque;
    const char *err = NULL;
    bool ok = mali_gpu_load(s->gpu, s->image, s->image_size, &err);

    mali_post_save(opaque);
    if (!ok) {
        error_report("mali-g610: snapshot refused: %s", err ? err : "bad image");
        return -EINVAL;
    }
    mali_platform_apply(s);
    for (int i = 0; i < MALI_IRQ_LINES; i++) {
        qemu_set_irq(s->irq[i], (mali_gpu_irq_levels(s->gpu) >> i) & 1);
    }
    return 0;
}

const VMStateDescription vmstate_mali = {
    .name = TYPE_MALI_G610,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = mali_pre_save,
    .post_save = mali_post_save,
    .pre_load = mali_pre_load,
    .post_load = mali_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(platform.led, MaliState),
        VMSTATE_UINT32(platform.cfgdata, MaliState),
        VMSTATE_UINT32(platform.cfgctrl, MaliState),
        VMSTATE_UINT32(platform.cfgstat, MaliState),
        VMSTATE_UINT32(platform.clock_hz, MaliState),
        VMSTATE_UINT32(image_size, MaliState),
        VMSTATE_VBUFFER_ALLOC_UINT32(image, MaliState, 0, NULL, image_size),
        VMSTATE_END_OF_LIST()
    },
};
