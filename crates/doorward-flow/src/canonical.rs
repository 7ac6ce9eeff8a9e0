//! Values in the forms by which they are compared.
