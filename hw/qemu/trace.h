#include "trace/trace-hw_mali_qemu.h"
