// Reference firmware for a XIAO nRF52840 Sense: two analog EMG sensors on A0 and A1, and the motion sensor on the board.
// 500 EMG frames and 100 motion frames a second over USB. Needs the library "Seeed Arduino LSM6DS3".
// A vibration motor may sit on D2, behind a transistor: "v" and "V" drive it for 0.2 and 0.6 s; "i" blinks the LED.
// Not a medical device. Run the board from a battery-powered computer that is not connected to the mains.
#include <LSM6DS3.h>
#include <Wire.h>

#include "frames.h"

const uint32_t EMG_EVERY_US = 2000;
const uint8_t IMU_EVERY = 5;  // EMG samples
const int MOTOR_PIN = D2;

LSM6DS3 motion(I2C_MODE, 0x6A);
bool hasMotion = false;
bool streaming = false;
uint32_t nextUs = 0;
uint8_t emgCounter = 0, imuCounter = 0, untilImu = 0;
uint32_t motorSinceMs = 0, motorForMs = 0, blinkSinceMs = 0;
bool blinking = false;

void setup() {
  Serial.begin(115200);
  analogReadResolution(12);
  pinMode(MOTOR_PIN, OUTPUT);
  pinMode(LED_BUILTIN, OUTPUT);
  digitalWrite(LED_BUILTIN, HIGH);  // off: the board's LED shines when its pin is low
  motion.settings.accelRange = 16;   // 0.488 mg a count
  motion.settings.gyroRange = 2000;  // 70 mdeg/s a count
  motion.settings.accelSampleRate = 416;
  motion.settings.gyroSampleRate = 416;
  hasMotion = motion.begin() == 0;
}

void obey(char command) {
  if (command == '?') {
    streaming = false;
    Serial.print(hasMotion ? "REFERENCE 1 emg imu\n" : "REFERENCE 1 emg\n");
  } else if (command == 'b') {
    emgCounter = imuCounter = untilImu = 0;
    nextUs = micros();
    streaming = true;
  } else if (command == 's') {
    streaming = false;
  } else if (command == 'v' || command == 'V') {
    motorSinceMs = millis();
    motorForMs = command == 'v' ? 200 : 600;
    digitalWrite(MOTOR_PIN, HIGH);
  } else if (command == 'i') {
    blinkSinceMs = millis();
    blinking = true;
  }
}

// End what "v" began, and go on with what "i" began: nothing here waits.
void act() {
  if (motorForMs && millis() - motorSinceMs >= motorForMs) {
    motorForMs = 0;
    digitalWrite(MOTOR_PIN, LOW);
  }
  if (blinking) {
    const uint32_t phase = (millis() - blinkSinceMs) / 250;  // on, off, on, off, on, off
    blinking = phase < 6;
    digitalWrite(LED_BUILTIN, blinking && phase % 2 == 0 ? LOW : HIGH);
  }
}

void sendEmg(uint32_t timeUs) {
  const uint16_t counts[EMG_CHANNELS] = {(uint16_t)analogRead(A0), (uint16_t)analogRead(A1)};
  uint8_t frame[EMG_BYTES];
  makeEmgFrame(frame, emgCounter++, timeUs, counts);
  Serial.write(frame, EMG_BYTES);
}

void sendMotion(uint32_t timeUs) {
  const int16_t counts[6] = {motion.readRawAccelX(), motion.readRawAccelY(), motion.readRawAccelZ(),
                             motion.readRawGyroX(),  motion.readRawGyroY(),  motion.readRawGyroZ()};
  uint8_t frame[IMU_BYTES];
  makeImuFrame(frame, imuCounter++, timeUs, counts);
  Serial.write(frame, IMU_BYTES);
}

void loop() {
  while (Serial.available()) obey((char)Serial.read());
  act();
  if (!streaming || (int32_t)(micros() - nextUs) < 0) return;
  const uint32_t timeUs = nextUs;  // when the sample was due; being late is not passed on
  nextUs += EMG_EVERY_US;
  sendEmg(timeUs);
  if (untilImu == 0 && hasMotion) sendMotion(timeUs);
  untilImu = (uint8_t)((untilImu + 1) % IMU_EVERY);
}
