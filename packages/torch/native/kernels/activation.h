#pragma once
#include "shapes.h"
#include "simd.h"

// Activations and their derivatives on vectors, as precise as the element they are stored in: to about
// 1e-7 for float, to about 1e-4 for bfloat16 (whose own rounding is 4e-3).
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** 2^t, with t at most 126: 2^t = 2^n 2^r, n the nearest whole number, 2^r by a polynomial on [-1/2, 1/2]. */
template <class T>
PHENOPRINT_INLINE Vec powerOfTwo(Vec t) {
  const Vec n = nearest(t), r = sub(t, n);
  Vec p;
  if constexpr (sizeof(T) == 2) {  // minimax polynomial of degree 3, error 1e-4
    p = fma(splat(0.05517166f), r, splat(0.24261112f));
    p = fma(p, r, splat(0.69326099f));
    p = fma(p, r, splat(0.99992807f));
  } else {  // Taylor's with economised last terms, error 2e-8
    p = fma(splat(1.535336188e-4f), r, splat(1.339887440e-3f));
    p = fma(p, r, splat(9.618437357e-3f));
    p = fma(p, r, splat(5.550332471e-2f));
    p = fma(p, r, splat(2.402264791e-1f));
    p = fma(p, r, splat(6.931472028e-1f));
    p = fma(p, r, splat(1.f));
  }
  return scaleByPower(p, n);
}

/** 1 / x: for float one step of Newton's on the estimate. */
template <class T>
PHENOPRINT_INLINE Vec reciprocal(Vec x) {
  const Vec r = roughReciprocal(x);
  if constexpr (sizeof(T) == 2) return r;
  return mul(r, fnma(x, r, splat(2.f)));
}

inline constexpr float kLog2E = 1.44269504088896341f;

/** 1 / (1 + e^-z) */
template <class T>
PHENOPRINT_INLINE Vec sigmoid(Vec z) {
  const Vec t = smaller(mul(z, splat(-kLog2E)), splat(126.f));
  return reciprocal<T>(add(splat(1.f), powerOfTwo<T>(t)));
}

struct ValueAndSlope {
  Vec value, slope;
};

/** z sigmoid(z); its derivative s + z s (1 - s) with s = sigmoid(z). Elfwing, Uchibe & Doya 2017, arXiv:1702.03118. */
struct SiLU {
  template <class T>
  PHENOPRINT_INLINE Vec value(Vec z) {
    return mul(z, sigmoid<T>(z));
  }
  template <class T>
  PHENOPRINT_INLINE ValueAndSlope both(Vec z) {
    const Vec s = sigmoid<T>(z), value = mul(z, s);
    return {value, fnma(value, s, add(value, s))};
  }
};

/**
 * z tanh(ln(1 + e^z)) = z w, where w = n / (n + 2), n = e (e + 2), e = e^z; from z = 20 on w is 1 to the
 * last bit. Its derivative is w + z sigmoid(z) (1 - w^2). Misra 2019, arXiv:1908.08681.
 */
struct Mish {
  template <class T>
  PHENOPRINT_INLINE Vec value(Vec z) {
    const Vec e = exponential<T>(z), n = mul(e, add(e, splat(2.f)));
    return mul(z, mul(n, reciprocal<T>(add(n, splat(2.f)))));
  }
  template <class T>
  PHENOPRINT_INLINE ValueAndSlope both(Vec z) {
    const Vec e = exponential<T>(z), n = mul(e, add(e, splat(2.f)));
    const Vec w = mul(n, reciprocal<T>(add(n, splat(2.f))));
    const Vec s = mul(e, reciprocal<T>(add(e, splat(1.f))));
    return {mul(z, w), fma(mul(z, s), fnma(w, w, splat(1.f)), w)};
  }

 private:
  template <class T>
  PHENOPRINT_INLINE Vec exponential(Vec z) {
    return powerOfTwo<T>(larger(mul(smaller(z, splat(20.f)), splat(kLog2E)), splat(-126.f)));
  }
};

/** The value itself. */
struct Identity {
  template <class T>
  PHENOPRINT_INLINE Vec value(Vec z) {
    return z;
  }
  template <class T>
  PHENOPRINT_INLINE ValueAndSlope both(Vec z) {
    return {z, splat(1.f)};
  }
};

/** max(z, 0). */
struct ReLU {
  template <class T>
  PHENOPRINT_INLINE Vec value(Vec z) {
    return larger(z, zero());
  }
  template <class T>
  PHENOPRINT_INLINE ValueAndSlope both(Vec z) {
    return {larger(z, zero()), isPositive(z)};
  }
};

/** Calls `body` with the class of an activation of MBConv blocks, none of which has ReLU. */
template <class Body>
static inline void withActivation(Activation activation, Body body) {
  switch (activation) {
    case Activation::silu: return body(SiLU{});
    case Activation::mish: return body(Mish{});
    default: return body(Identity{});
  }
}

/** Calls `body` with the class of any activation. */
template <class Body>
static inline void withAnyActivation(Activation activation, Body body) {
  if (activation == Activation::relu) return body(ReLU{});
  withActivation(activation, body);
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
