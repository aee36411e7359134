// Frames of the reference firmware. Plain C++ without Arduino, so that a computer can run it too.
#pragma once
#include <stddef.h>
#include <stdint.h>

const size_t EMG_CHANNELS = 2;
const size_t EMG_BYTES = 14;  // A5 5A 01, counter, time, 2 x u16, check
const size_t IMU_BYTES = 22;  // A5 5A 02, counter, time, 6 x i16, check

// CRC-16/CCITT-FALSE: polynomial 1021, begins with FFFF, not reflected.
inline uint16_t checkOf(const uint8_t *bytes, size_t count) {
  uint16_t crc = 0xFFFF;
  for (size_t i = 0; i < count; i++) {
    crc ^= (uint16_t)(bytes[i] << 8);
    for (int bit = 0; bit < 8; bit++) crc = (crc & 0x8000) ? (uint16_t)((crc << 1) ^ 0x1021) : (uint16_t)(crc << 1);
  }
  return crc;
}

inline uint8_t *put16(uint8_t *at, uint16_t value) {
  *at++ = (uint8_t)value;
  *at++ = (uint8_t)(value >> 8);
  return at;
}

// Write everything in front of the samples; return where they begin.
inline uint8_t *beginFrame(uint8_t *frame, uint8_t kind, uint8_t counter, uint32_t timeUs) {
  frame[0] = 0xA5;
  frame[1] = 0x5A;
  frame[2] = kind;
  frame[3] = counter;
  return put16(put16(frame + 4, (uint16_t)timeUs), (uint16_t)(timeUs >> 16));
}

inline void makeEmgFrame(uint8_t *frame, uint8_t counter, uint32_t timeUs, const uint16_t *counts) {
  uint8_t *at = beginFrame(frame, 1, counter, timeUs);
  for (size_t i = 0; i < EMG_CHANNELS; i++) at = put16(at, counts[i]);
  put16(at, checkOf(frame, EMG_BYTES - 2));
}

// Acceleration x, y, z, then angular velocity x, y, z.
inline void makeImuFrame(uint8_t *frame, uint8_t counter, uint32_t timeUs, const int16_t *counts) {
  uint8_t *at = beginFrame(frame, 2, counter, timeUs);
  for (size_t i = 0; i < 6; i++) at = put16(at, (uint16_t)counts[i]);
  put16(at, checkOf(frame, IMU_BYTES - 2));
}
